import type { FunctionType, GlobalType } from '@ostiary/wasm';

/**
 * JavaScript can't pass vectors, nor the payloads of NaNs, to a function or get them from it. An adapter is a module that
 * imports one function, or one global, and a memory: its export `run` takes the arguments from the memory and leaves the
 * results there, both from byte 0 on, a {@link SLOT} each, so that every bit is seen.
 */
export const SLOT = 16;

const TYPES: Readonly<Record<string, { readonly code: number; readonly load: number[]; readonly store: number[] }>> = {
  i32: { code: 0x7f, load: [0x28], store: [0x36] },
  i64: { code: 0x7e, load: [0x29], store: [0x37] },
  f32: { code: 0x7d, load: [0x2a], store: [0x38] },
  f64: { code: 0x7c, load: [0x2b], store: [0x39] },
  v128: { code: 0x7b, load: [0xfd, 0x00], store: [0xfd, 0x0b] },
};

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const MEMORY_IMPORT = [...name('io'), ...name('memory'), 0x02, 0x00, 1];
const RUN_EXPORT = [1, ...name('run'), 0x00];

/** Whether values of all these types can be seen bit by bit: all but references can. */
export function isAdaptable(types: readonly string[]): boolean {
  return types.every((type) => Object.hasOwn(TYPES, type));
}

/** An adapter for functions of this type, imported as `guest` `entry`. */
export function functionAdapter({ params, results }: FunctionType): WebAssembly.Module {
  const codes = (types: readonly string[]): number[] => vector(types.map((type) => [TYPES[type]!.code]));
  const types = vector([
    [0x60, ...codes(params), ...codes(results)],
    [0x60, 0, 0],
  ]);
  const locals = vector(results.map((type) => [1, TYPES[type]!.code]));
  const body = [
    ...locals,
    ...params.flatMap((type, place) => [0x41, 0, ...TYPES[type]!.load, 0, ...unsigned(place * SLOT)]),
    0x10,
    0,
    ...results.flatMap((_, place) => [0x21, ...unsigned(results.length - 1 - place)]),
    ...results.flatMap((type, place) => {
      return [0x41, 0, 0x20, ...unsigned(place), ...TYPES[type]!.store, 0, ...unsigned(place * SLOT)];
    }),
    0x0b,
  ];
  return assemble(types, [...name('guest'), ...name('entry'), 0x00, 0], 1, 1, body);
}

/** An adapter that reads a global of this type, imported as `guest` `entry`. */
export function globalAdapter({ value, mutable }: GlobalType): WebAssembly.Module {
  const { code, store } = TYPES[value]!;
  const entry = [...name('guest'), ...name('entry'), 0x03, code, mutable ? 1 : 0];
  return assemble(vector([[0x60, 0, 0]]), entry, 0, 0, [0, 0x41, 0, 0x23, 0, ...store, 0, 0, 0x0b]);
}

function assemble(
  types: number[],
  entry: number[],
  runType: number,
  runIndex: number,
  body: number[],
): WebAssembly.Module {
  const bytes = [
    ...MAGIC,
    ...section(1, types),
    ...section(2, vector([MEMORY_IMPORT, entry])),
    ...section(3, [1, runType]),
    ...section(7, [...RUN_EXPORT, runIndex]),
    ...section(10, vector([[...unsigned(body.length), ...body]])),
  ];
  return new WebAssembly.Module(Uint8Array.from(bytes));
}

function section(id: number, payload: readonly number[]): number[] {
  return [id, ...unsigned(payload.length), ...payload];
}

function vector(entries: readonly (readonly number[])[]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}

/** An unsigned LEB128 number. */
export function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(Math.floor(value / 128))];
}
