import { OP } from '../binary/opcodes.ts';
import { heapTypeOf, REF_NULL, typeCode, type ValueType } from '../binary/types.ts';
import { i32, unsigned, type Code } from './assembler.ts';
import type { Layout } from './layout.ts';

/** Whether a variable of this type can start as null or zero. */
export function isNullable(type: ValueType): boolean {
  return !type.startsWith('(ref ') || type.startsWith('(ref null ');
}

const MUTABLE = 1;
const I32 = 0x7f;

/** The globals that a snapshot adds: pages, saved pages, spent, refused, then a copy of each mutable global. */
export function snapshotGlobals({ memory, snapshot }: Layout): Code[] {
  if (!snapshot) return [];
  const pages = memory?.limits.initial ?? 0;
  return [
    [I32, MUTABLE, i32(pages), OP.end],
    [I32, MUTABLE, i32(0), OP.end],
    [I32, MUTABLE, i32(0), OP.end],
    [I32, MUTABLE, i32(0), OP.end],
    ...snapshot.copies.map(({ type }): Code => [nullableType(type), MUTABLE, zero(type), OP.end]),
  ];
}

/** A copy has nothing to start with, so a copy of a reference that can't be null is one that can. */
function nullableType(type: ValueType): Code {
  const heap = heapTypeOf(type);
  return heap === undefined ? [typeCode(type)!] : [REF_NULL, heapCode(heap)];
}

function heapCode(heap: string): Code {
  const code = typeCode(heap);
  return code === undefined ? signedIndex(Number(heap)) : [code];
}

/** A type index as a signed LEB128: one more byte when bit 6 of the last would read as a sign. */
function signedIndex(index: number): Code {
  const bytes = unsigned(index);
  const last = bytes.at(-1)!;
  return last < 0x40 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0];
}

function zero(type: ValueType): Code {
  const heap = heapTypeOf(type);
  if (heap !== undefined) return [OP.refNull, heapCode(heap)];
  return ZEROS[type] ?? i32(0);
}

const ZEROS: Readonly<Partial<Record<ValueType, Code>>> = {
  i64: [0x42, 0],
  f32: [0x43, 0, 0, 0, 0],
  f64: [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  v128: [0xfd, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
};
