import { skipConstantExpression } from '../binary/instructions.ts';
import type { Reader } from '../binary/reader.ts';
import { SECTION, sectionReader } from '../binary/sections.ts';
import { readTableType, readValueType } from '../binary/types.ts';
import { Writer } from '../binary/writer.ts';
import type { Module } from '../module.ts';
import type { Layout } from './layout.ts';

/** Bit 2 of the limits: the table is indexed by i64. */
const WIDE_LIMITS = 4;

/** The table section with every maximum as the layout has it. */
export function rewriteTables(bytes: Uint8Array, module: Module, layout: Layout): Uint8Array | undefined {
  const reader = sectionReader(bytes, module.sections, SECTION.table);
  if (!reader) return undefined;
  const out = new Writer();
  const count = reader.count();
  out.u32(count);
  for (let index = 0; index < count; index++) copyTable(reader, out, layout.tableMaxima[index]!);
  return out.toBytes();
}

function copyTable(reader: Reader, out: Writer, maximum: number): void {
  const start = reader.position;
  const initialised = reader.peek() === 0x40;
  if (initialised) reader.skip(2);
  const typeStart = reader.position;
  const { initial, table64 } = readTableType(reader);
  const typeEnd = reader.position;
  reader.position = typeStart;
  readValueType(reader);
  out.copy(reader.bytes, start, reader.position);
  out.byte(table64 ? WIDE_LIMITS | 1 : 1);
  out.u32(initial);
  out.u32(maximum);
  reader.position = typeEnd;
  if (!initialised) return;
  skipConstantExpression(reader);
  out.copy(reader.bytes, typeEnd, reader.position);
}
