import { ERRNO } from './errno.ts';
import type { WasiContext, WasiFamily } from './context.ts';

const utf8 = new TextEncoder();

/** The command line of a command, and no environment: what a module decides depends on its input alone. */
export const argsAndEnviron: WasiFamily = (context) => {
  const encoded = (): Uint8Array[] => context.args.map((text) => utf8.encode(`${text}\0`));
  return {
    args_sizes_get: (countPointer: number, sizePointer: number): number =>
      writeSizes(context, encoded(), countPointer, sizePointer),
    args_get: (pointers: number, target: number): number => writeStrings(context, encoded(), pointers, target),
    environ_sizes_get: (countPointer: number, sizePointer: number): number =>
      writeSizes(context, [], countPointer, sizePointer),
    environ_get: (): number => ERRNO.success,
  };
};

function writeSizes(
  { memory }: WasiContext,
  texts: readonly Uint8Array[],
  countPointer: number,
  sizePointer: number,
): number {
  const size = texts.reduce((sum, text) => sum + text.length, 0);
  return memory.writeU32(countPointer, texts.length) && memory.writeU32(sizePointer, size)
    ? ERRNO.success
    : ERRNO.fault;
}

function writeStrings({ memory }: WasiContext, texts: readonly Uint8Array[], pointers: number, target: number): number {
  let at = target >>> 0;
  for (const [index, text] of texts.entries()) {
    if (!memory.writeU32((pointers >>> 0) + index * 4, at) || !memory.write(at, text)) return ERRNO.fault;
    at += text.length;
  }
  return ERRNO.success;
}
