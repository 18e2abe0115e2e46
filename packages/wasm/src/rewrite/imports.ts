import { Reader } from '../binary/reader.ts';
import { SECTION, sectionReader } from '../binary/sections.ts';
import { readGlobalType, readMemoryType, readTableType } from '../binary/types.ts';
import { Writer } from '../binary/writer.ts';
import type { Module } from '../module.ts';
import type { Layout } from './layout.ts';
import type { MemoryLimits } from './limits.ts';
import { CONTROL_IMPORT, HOST_MODULE, MEMORY_IMPORT } from './options.ts';

const MEMORY_KIND = 2;

/** The import section with the guest's memory under its new limits and the host's memories behind everything else. */
export function rewriteImports(bytes: Uint8Array, module: Module, layout: Layout): Uint8Array | undefined {
  const { memory, control } = layout;
  const added = (memory && !memory.imported ? 1 : 0) + (control === undefined ? 0 : 1);
  if (module.imports.length + added === 0) return undefined;
  const out = new Writer();
  out.u32(module.imports.length + added);
  const reader = sectionReader(bytes, module.sections, SECTION.import);
  if (reader) copyImports(reader, layout, out);
  if (memory && !memory.imported) {
    writeMemoryImport(out, MEMORY_IMPORT);
    writeLimits(out, memory.limits);
  }
  if (control !== undefined) {
    writeMemoryImport(out, CONTROL_IMPORT);
    out.append([SHARED_LIMITS, 1, 1]);
  }
  return out.toBytes();
}

const BOUNDED_LIMITS = 1;
const SHARED_LIMITS = 3;

function writeMemoryImport(out: Writer, name: string): void {
  out.name(HOST_MODULE);
  out.name(name);
  out.byte(MEMORY_KIND);
}

export function writeLimits(out: Writer, limits: MemoryLimits): void {
  out.byte(BOUNDED_LIMITS);
  out.u32(limits.initial);
  out.u32(limits.maximum);
}

/** Copies entry by entry; only the limits of a memory are written anew. */
function copyImports(reader: Reader, layout: Layout, out: Writer): void {
  for (let left = reader.count(); left > 0; left--) {
    const start = reader.position;
    reader.name();
    reader.name();
    const kind = reader.byte();
    const afterKind = reader.position;
    skipImportType(reader, kind);
    const isMemory = kind === MEMORY_KIND && layout.memory !== undefined;
    out.copy(reader.bytes, start, isMemory ? afterKind : reader.position);
    if (isMemory) writeLimits(out, layout.memory.limits);
  }
}

function skipImportType(reader: Reader, kind: number): void {
  if (kind === 0) reader.u32();
  else if (kind === 1) readTableType(reader);
  else if (kind === MEMORY_KIND) readMemoryType(reader);
  else if (kind === 3) readGlobalType(reader);
  else {
    reader.byte();
    reader.u32();
  }
}
