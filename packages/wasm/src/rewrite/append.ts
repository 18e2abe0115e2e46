import { sectionReader, SECTION } from '../binary/sections.ts';
import { Writer } from '../binary/writer.ts';
import type { Module } from '../module.ts';
import { bytesOf, unsigned, type Code } from './assembler.ts';
import { snapshotGlobals } from './globals.ts';
import { HELPER_SIGNATURES } from './helpers.ts';
import { HELPER_TYPES, HELPERS, type HelperType, type Layout } from './layout.ts';
import { RESUME_EXPORTS, SNAPSHOT_EXPORTS } from './options.ts';

/** The sections of declarations with the entries of a snapshot behind the guest's. */
export function snapshotSections(bytes: Uint8Array, module: Module, layout: Layout): Map<number, Uint8Array> {
  const { snapshot } = layout;
  if (!snapshot) return new Map();
  const functions = HELPERS.map((name) => unsigned(snapshot.types[HELPER_SIGNATURES[name]]));
  const append = (id: number, entries: readonly Code[]): [number, Uint8Array] => [
    id,
    appendEntries(bytes, module, id, entries),
  ];
  return new Map([
    append(SECTION.type, HELPER_TYPES.map(functionTypeCode)),
    append(SECTION.function, functions),
    append(SECTION.global, snapshotGlobals(layout)),
    append(SECTION.export, snapshotExports(layout)),
  ]);
}

/** A section that is a vector, with more entries at its end. */
export function appendEntries(bytes: Uint8Array, module: Module, id: number, entries: readonly Code[]): Uint8Array {
  const reader = sectionReader(bytes, module.sections, id);
  const count = reader?.u32() ?? 0;
  const out = new Writer();
  out.u32(count + entries.length);
  if (reader) out.copy(bytes, reader.position, reader.end);
  out.copy(bytesOf(entries));
  return out.toBytes();
}

const FUNCTION_TYPE = 0x60;
const I32 = 0x7f;

function functionTypeCode(type: HelperType): Code {
  return [FUNCTION_TYPE, i32s(Number(type[0])), i32s(Number(type[2]))];
}

function i32s(count: number): Code {
  return [count, ...Array.from({ length: count }, () => I32)];
}

function snapshotExports({ snapshot }: Layout): Code[] {
  if (!snapshot) return [];
  const { functions, globals, shadow, resume } = snapshot;
  return [
    exportEntry(SNAPSHOT_EXPORTS.save, 0, functions.save),
    exportEntry(SNAPSHOT_EXPORTS.restore, 0, functions.restore),
    exportEntry(SNAPSHOT_EXPORTS.pages, 3, globals.pages),
    exportEntry(SNAPSHOT_EXPORTS.refused, 3, globals.refused),
    ...(shadow ? [exportEntry(SNAPSHOT_EXPORTS.shadow, 2, shadow.memory)] : []),
    ...(resume ? [exportEntry(RESUME_EXPORTS.park, 0, functions.park)] : []),
    ...(resume ? [exportEntry(RESUME_EXPORTS.resume, 0, resume.loop)] : []),
  ];
}

function exportEntry(name: string, kind: number, index: number): Code {
  const encoded = [...new TextEncoder().encode(name)];
  return [unsigned(encoded.length), encoded, kind, unsigned(index)];
}
