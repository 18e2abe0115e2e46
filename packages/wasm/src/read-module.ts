import { skipConstantExpression } from './binary/instructions.ts';
import type { Reader } from './binary/reader.ts';
import { readSections, SECTION, sectionReader } from './binary/sections.ts';
import {
  readGlobalType,
  readMemoryType,
  readTableType,
  readTagType,
  readTypeSection,
  type GlobalType,
  type TableType,
  type TypeDefinition,
} from './binary/types.ts';
import { WasmError } from './errors.ts';
import { typeAt, type Export, type ExternalKind, type Import, type Module } from './module.ts';

const KINDS: readonly ExternalKind[] = ['function', 'table', 'memory', 'global', 'tag'];

/**
 * Reads what a module declares, without its code and data. Linear in the size of the module. The structure is checked,
 * validity is not: that is what `WebAssembly.validate` is for.
 *
 * @throws {WasmError} `malformed` or `unsupported`; nothing else, whatever the bytes.
 */
export function readModule(bytes: Uint8Array): Module {
  const { sections, customSections } = readSections(bytes);
  const read = <T>(id: number, parse: (reader: Reader) => T): T | undefined => {
    const reader = sectionReader(bytes, sections, id);
    if (!reader) return undefined;
    const value = parse(reader);
    if (!reader.done) reader.fail('malformed', `section ${id} is longer than its content`);
    return value;
  };
  const types = read(SECTION.type, readTypeSection) ?? [];
  const imports =
    read(
      SECTION.import,
      vector((reader) => readImport(reader, types)),
    ) ?? [];
  const own = <T>(id: number, parse: (reader: Reader) => T): T[] => read(id, vector(parse)) ?? [];
  return {
    types,
    imports,
    functions: [
      ...imports.flatMap((entry) => (entry.kind === 'function' ? [entry.typeIndex] : [])),
      ...own(SECTION.function, readIndex),
    ],
    tables: [
      ...imports.flatMap((entry) => (entry.kind === 'table' ? [entry.type] : [])),
      ...own(SECTION.table, readTable),
    ],
    memories: [
      ...imports.flatMap((entry) => (entry.kind === 'memory' ? [entry.type] : [])),
      ...own(SECTION.memory, readMemoryType),
    ],
    tags: [
      ...imports.flatMap((entry) => (entry.kind === 'tag' ? [entry.typeIndex] : [])),
      ...own(SECTION.tag, readTagType),
    ],
    globals: [
      ...imports.flatMap((entry) => (entry.kind === 'global' ? [entry.type] : [])),
      ...own(SECTION.global, readGlobal),
    ],
    exports: own(SECTION.export, readExport),
    start: read(SECTION.start, readIndex),
    elementSegments: leadingCount(sectionReader(bytes, sections, SECTION.element)),
    dataSegments: leadingCount(sectionReader(bytes, sections, SECTION.data)),
    customSections,
    sections,
  };
}

function vector<T>(parse: (reader: Reader) => T): (reader: Reader) => T[] {
  return (reader) => {
    const items: T[] = [];
    for (let left = reader.count(); left > 0; left--) items.push(parse(reader));
    return items;
  };
}

function readIndex(reader: Reader): number {
  return reader.u32();
}

function readKind(reader: Reader): ExternalKind {
  const code = reader.byte();
  const kind = KINDS[code];
  if (kind === undefined) throw new WasmError('unsupported', `external kind ${code}`, reader.position - 1);
  return kind;
}

function readImport(reader: Reader, types: readonly TypeDefinition[]): Import {
  const module = reader.name();
  const name = reader.name();
  const kind = readKind(reader);
  switch (kind) {
    case 'function':
    case 'tag': {
      const at = reader.position;
      const typeIndex = kind === 'tag' ? readTagType(reader) : reader.u32();
      return { module, name, kind, typeIndex, type: typeAt(types, typeIndex, at) };
    }
    case 'table':
      return { module, name, kind, type: readTableType(reader) };
    case 'memory':
      return { module, name, kind, type: readMemoryType(reader) };
    case 'global':
      return { module, name, kind, type: readGlobalType(reader) };
  }
}

/** A table may carry the initial value of its elements, announced by two bytes that no reference type starts with. */
function readTable(reader: Reader): TableType {
  if (reader.peek() !== 0x40) return readTableType(reader);
  reader.byte();
  if (reader.byte() !== 0) throw new WasmError('unsupported', 'table form', reader.position - 1);
  const type = readTableType(reader);
  skipConstantExpression(reader);
  return type;
}

function readGlobal(reader: Reader): GlobalType {
  const type = readGlobalType(reader);
  skipConstantExpression(reader);
  return type;
}

function readExport(reader: Reader): Export {
  return { name: reader.name(), kind: readKind(reader), index: reader.u32() };
}

function leadingCount(reader: Reader | undefined): number {
  return reader ? reader.count() : 0;
}
