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
  const out = new Writer(bytes.length + (bytes.length >> 1));
  out.copy(bytes, 0, 8);
  for (const piece of pieces) writePiece(out, piece);
  return out.toBytes();
}

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

function writePiece(out: Writer, piece: Piece): void {
  out.byte(piece.id);
  if (piece.name === undefined) {
    out.u32(piece.payload.length);
  } else {
    const header = new Writer();
    header.name(piece.name);
    out.u32(header.length + piece.payload.length);
    out.copy(header.view());
  }
  out.copy(piece.payload);
}
