import type { ExternalKind, Module } from '@ostiary/wasm';
import { unsigned } from './adapter.ts';

/** What the state of a module consists of, under the names by which {@link reveal} exports it. */
export interface Revealed {
  readonly memories: readonly string[];
  /** The mutable globals, with their indices. */
  readonly globals: readonly { readonly name: string; readonly index: number }[];
  readonly tables: readonly string[];
}

const EXPORT_SECTION = 7;
const TAG_SECTION = 13;
const KINDS: Readonly<Record<ExternalKind, number>> = { function: 0, table: 1, memory: 2, global: 3, tag: 4 };

export function revealedBy({ memories, globals, tables }: Module): Revealed {
  return {
    memories: memories.map((_, index) => nameOf('memory', index)),
    globals: globals.flatMap(({ mutable }, index) => (mutable ? [{ name: nameOf('global', index), index }] : [])),
    tables: tables.map((_, index) => nameOf('table', index)),
  };
}

/** The module with all of its state exported besides, so that it can be looked at from outside. */
export function reveal(bytes: Uint8Array, module: Module): Uint8Array<ArrayBuffer> {
  const { memories, globals, tables } = revealedBy(module);
  const entries = [
    ...memories.map((_, index) => exportEntry('memory', index)),
    ...globals.map(({ index }) => exportEntry('global', index)),
    ...tables.map((_, index) => exportEntry('table', index)),
  ];
  if (entries.length === 0) return new Uint8Array(bytes);
  const old = module.sections.find(({ id }) => id === EXPORT_SECTION);
  const count = unsigned(module.exports.length + entries.length);
  const kept = old ? bytes.subarray(behindNumber(bytes, old.start), old.end) : [];
  const payload = [...count, ...kept, ...entries.flat()];
  const [start, end] = old ? [headerOf(bytes, old.start), old.end] : emptyPlace(bytes, module);
  const section = [EXPORT_SECTION, ...unsigned(payload.length), ...payload];
  return Uint8Array.from([...bytes.subarray(0, start), ...section, ...bytes.subarray(end)]);
}

/** Behind the last section that has to come before the exports. */
function emptyPlace(bytes: Uint8Array, { sections }: Module): [number, number] {
  const before = sections.findLast(({ id }) => id < EXPORT_SECTION || id === TAG_SECTION);
  const place = before?.end ?? 8;
  return [Math.min(place, bytes.length), Math.min(place, bytes.length)];
}

/** Where the section whose payload starts here starts itself: its length may be written in up to five bytes. */
function headerOf(bytes: Uint8Array, payload: number): number {
  let start = payload - 2;
  while (start > 0 && bytes[start]! >= 0x80) start--;
  return start;
}

function behindNumber(bytes: Uint8Array, start: number): number {
  let end = start;
  while (bytes[end]! >= 0x80) end++;
  return end + 1;
}

function exportEntry(kind: ExternalKind, index: number): number[] {
  const name = nameOf(kind, index);
  return [name.length, ...Buffer.from(name), KINDS[kind], ...unsigned(index)];
}

function nameOf(kind: ExternalKind, index: number): string {
  return `revealed ${kind} ${index}`;
}
