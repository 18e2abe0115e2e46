import { WasmError } from '../errors.ts';
import type { Reader } from './reader.ts';

/** A value type in the notation of the text format: `i32`, `funcref`, `(ref null 3)`, `(ref extern)`. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | `${string}ref` | `(ref ${string})`;

export interface FunctionType {
  readonly kind: 'function';
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** Struct and array types are only counted: their fields matter to nobody here. */
export type TypeDefinition = FunctionType | { readonly kind: 'struct' | 'array' };

/** Sizes in elements. */
export interface TableType {
  readonly element: ValueType;
  readonly initial: number;
  readonly maximum: number | undefined;
  readonly table64: boolean;
}

/** Sizes in pages of 64 KiB. */
export interface MemoryType {
  readonly initial: number;
  readonly maximum: number | undefined;
  readonly shared: boolean;
  readonly memory64: boolean;
}

export interface GlobalType {
  readonly value: ValueType;
  readonly mutable: boolean;
}

const NUMERIC: Readonly<Record<number, ValueType>> = {
  0x7f: 'i32',
  0x7e: 'i64',
  0x7d: 'f32',
  0x7c: 'f64',
  0x7b: 'v128',
};

const HEAP: Readonly<Record<number, string>> = {
  0x74: 'noexn',
  0x73: 'nofunc',
  0x72: 'noextern',
  0x71: 'none',
  0x70: 'func',
  0x6f: 'extern',
  0x6e: 'any',
  0x6d: 'eq',
  0x6c: 'i31',
  0x6b: 'struct',
  0x6a: 'array',
  0x69: 'exn',
};

/** The short names of nullable references to the bottom types do not follow the pattern of the others. */
const SHORT: Readonly<Record<string, ValueType>> = {
  noexn: 'nullexnref',
  nofunc: 'nullfuncref',
  noextern: 'nullexternref',
  none: 'nullref',
};

export const REF_NULL = 0x63;
export const REF = 0x64;

/** The heap type of a reference type, by name or index; undefined for numbers and vectors. */
export function heapTypeOf(type: ValueType): string | undefined {
  const long = /^\(ref (?:null )?(\w+)\)$/.exec(type);
  if (long) return long[1];
  const short = Object.keys(SHORT).find((heap) => SHORT[heap] === type);
  return short ?? (type.endsWith('ref') ? type.slice(0, -'ref'.length) : undefined);
}

/** The code of an abstract heap type, or of a number or vector type; undefined for anything else. */
export function typeCode(name: string): number | undefined {
  const table: Readonly<Record<number, string>> = { ...NUMERIC, ...HEAP };
  const code = Object.keys(table).find((code) => table[Number(code)] === name);
  return code === undefined ? undefined : Number(code);
}

/** An abstract heap type by name, or the index of a defined one. */
export function readHeapType(reader: Reader): string {
  const first = reader.peek();
  if (first >= 0x40 && first < 0x80) {
    const name = HEAP[first];
    if (name === undefined) reader.fail('unsupported', `heap type 0x${first.toString(16)}`);
    reader.position++;
    return name;
  }
  return String(readS33Index(reader));
}

/** A type index written as a signed 33-bit integer. Negative values longer than a byte are legal and never written. */
function readS33Index(reader: Reader): number {
  const start = reader.position;
  let value = 0;
  for (let unit = 1; unit <= 2 ** 28; unit *= 128) {
    const byte = reader.byte();
    value += (byte & 0x7f) * unit;
    if (byte >= 0x80) continue;
    if (byte >= 0x40) throw new WasmError('unsupported', 'heap type in long form', start);
    return value;
  }
  throw new WasmError('malformed', 'type index too long', start);
}

export function readValueType(reader: Reader): ValueType {
  const code = reader.byte();
  const numeric = NUMERIC[code];
  if (numeric) return numeric;
  if (code === REF_NULL) return `(ref null ${readHeapType(reader)})`;
  if (code === REF) return `(ref ${readHeapType(reader)})`;
  const heap = HEAP[code];
  if (heap === undefined) {
    throw new WasmError('unsupported', `value type 0x${code.toString(16)}`, reader.position - 1);
  }
  return SHORT[heap] ?? `${heap}ref`;
}

export function readValueTypes(reader: Reader): ValueType[] {
  const types: ValueType[] = [];
  for (let left = reader.count(); left > 0; left--) types.push(readValueType(reader));
  return types;
}

/** The definitions of a type section, recursion groups flattened: a definition's index is its place in the array. */
export function readTypeSection(reader: Reader): TypeDefinition[] {
  const types: TypeDefinition[] = [];
  for (let left = reader.count(); left > 0; left--) {
    if (reader.peek() !== 0x4e) {
      types.push(readSubtype(reader));
      continue;
    }
    reader.byte();
    for (let members = reader.count(); members > 0; members--) types.push(readSubtype(reader));
  }
  return types;
}

function readSubtype(reader: Reader): TypeDefinition {
  const first = reader.peek();
  if (first === 0x50 || first === 0x4f) {
    reader.byte();
    for (let supertypes = reader.count(); supertypes > 0; supertypes--) reader.u32();
  }
  const form = reader.byte();
  if (form === 0x60) return { kind: 'function', params: readValueTypes(reader), results: readValueTypes(reader) };
  if (form === 0x5f) {
    for (let fields = reader.count(); fields > 0; fields--) skipField(reader);
    return { kind: 'struct' };
  }
  if (form === 0x5e) {
    skipField(reader);
    return { kind: 'array' };
  }
  throw new WasmError('unsupported', `type form 0x${form.toString(16)}`, reader.position - 1);
}

function skipField(reader: Reader): void {
  const storage = reader.peek();
  if (storage === 0x78 || storage === 0x77) reader.byte();
  else readValueType(reader);
  reader.byte();
}

interface Limits {
  readonly initial: number;
  readonly maximum: number | undefined;
  readonly shared: boolean;
  readonly wide: boolean;
}

function readLimits(reader: Reader): Limits {
  const flags = reader.byte();
  if (flags > 7) throw new WasmError('unsupported', `limits of form ${flags}`, reader.position - 1);
  const wide = (flags & 4) !== 0;
  const initial = wide ? reader.u64() : reader.u32();
  const maximum = (flags & 1) === 0 ? undefined : wide ? reader.u64() : reader.u32();
  return { initial, maximum, shared: (flags & 2) !== 0, wide };
}

export function readMemoryType(reader: Reader): MemoryType {
  const { initial, maximum, shared, wide } = readLimits(reader);
  return { initial, maximum, shared, memory64: wide };
}

export function readTableType(reader: Reader): TableType {
  const element = readValueType(reader);
  const { initial, maximum, shared, wide } = readLimits(reader);
  if (shared) reader.fail('unsupported', 'shared table');
  return { element, initial, maximum, table64: wide };
}

export function readGlobalType(reader: Reader): GlobalType {
  const value = readValueType(reader);
  const mutability = reader.byte();
  if (mutability > 1) throw new WasmError('unsupported', 'shared global', reader.position - 1);
  return { value, mutable: mutability === 1 };
}

/** The type index of an exception tag. */
export function readTagType(reader: Reader): number {
  if (reader.byte() !== 0) throw new WasmError('malformed', 'unknown tag attribute', reader.position - 1);
  return reader.u32();
}
