import { SECTION, sectionRank } from '../binary/sections.ts';
import { Writer } from '../binary/writer.ts';
import type { Module } from '../module.ts';
import { keepCustomSection } from './custom.ts';

/** New payloads by section id; `undefined` drops the section, an id that is not in the map is copied. */
export type NewSections = ReadonlyMap<number, Uint8Array | undefined>;

interface Piece {
  readonly rank: number;
  /** Start of the payload in the original, which keeps custom sections between the neighbours they had. */
  readonly at: number;
  readonly id: number;
  readonly name?: string;
  readonly payload: Uint8Array;
}

/** Puts a module together: unchanged, new and custom sections, in the order of the format. */
export function assemble(bytes: Uint8Array, module: Module, changed: NewSections): Uint8Array<ArrayBuffer> {
  const pieces = [...ordinary(bytes, module, changed), ...custom(bytes, module)];
  pieces.sort((a, b) => a.rank - b.rank || a.at - b.at);
  // Exactly as long as the result, so that it need not be copied once more.
  const out = new Writer(pieces.reduce((sum, piece) => sum + lengthOf(piece), HEADER_BYTES));
  out.copy(bytes, 0, HEADER_BYTES);
  for (const piece of pieces) writePiece(out, piece);
  return out.toBytes();
}

/** Magic number and version. */
const HEADER_BYTES = 8;

function ordinary(bytes: Uint8Array, module: Module, changed: NewSections): Piece[] {
  const kept = module.sections.filter((section) => !changed.has(section.id));
  return [
    ...kept.map(({ id, start, end }) => ({ rank: rankOf(id), at: start, id, payload: bytes.subarray(start, end) })),
    ...[...changed].flatMap(([id, payload]) => (payload ? [{ rank: rankOf(id), at: 0, id, payload }] : [])),
  ];
}

/** A custom section takes the rank of the section before it, so that it sorts right behind it. */
function custom(bytes: Uint8Array, module: Module): Piece[] {
  return module.customSections.flatMap((section) => {
    const payload = keepCustomSection(bytes, section);
    const before = module.sections.findLast((other) => other.start < section.start);
    const rank = before ? rankOf(before.id) : 0;
    return payload ? [{ rank, at: section.start, id: SECTION.custom, name: section.name, payload }] : [];
  });
}

function rankOf(id: number): number {
  return sectionRank(id) ?? 0;
}

function writePiece(out: Writer, { id, name, payload }: Piece): void {
  const named = nameBytes(name);
  out.byte(id);
  out.u32(named.length + payload.length);
  out.copy(named);
  out.copy(payload);
}

function lengthOf({ name, payload }: Piece): number {
  const length = nameBytes(name).length + payload.length;
  return 1 + numberBytes(length).length + length;
}

/** What stands in front of the payload of a custom section. */
function nameBytes(name: string | undefined): Uint8Array {
  const out = new Writer(name === undefined ? 0 : 64);
  if (name !== undefined) out.name(name);
  return out.toBytes();
}

function numberBytes(number: number): Uint8Array {
  const out = new Writer(5);
  out.u32(number);
  return out.toBytes();
}
