import { WasmError } from '../errors.ts';
import type { CustomSection, Section } from '../module.ts';
import { Reader } from './reader.ts';

/** Section ids of the binary format. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** The place of each section in a file, by id; custom sections may stand anywhere. */
const ORDER: readonly number[] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6];

/** The place of a section in the order that the format prescribes; undefined for an unknown id. */
export function sectionRank(id: number): number | undefined {
  return ORDER[id];
}

export interface SectionMap {
  readonly sections: Section[];
  readonly customSections: CustomSection[];
}

/** Finds the sections and checks their order. Their contents are not looked at, except for the names of custom ones. */
export function readSections(bytes: Uint8Array): SectionMap {
  const reader = new Reader(bytes);
  checkHeader(reader);
  const sections: Section[] = [];
  const customSections: CustomSection[] = [];
  let last = 0;
  while (!reader.done) {
    const at = reader.position;
    const id = reader.byte();
    const length = reader.u32();
    const start = reader.position;
    reader.skip(length);
    if (id === SECTION.custom) {
      const inner = new Reader(bytes, start, reader.position);
      customSections.push({ name: inner.name(), start: inner.position, end: inner.end });
      continue;
    }
    const rank = sectionRank(id);
    if (rank === undefined) throw new WasmError('unsupported', `section ${id}`, at);
    if (rank <= last) throw new WasmError('malformed', `section ${id} repeated or out of order`, at);
    last = rank;
    sections.push({ id, start, end: reader.position });
  }
  return { sections, customSections };
}

function checkHeader(reader: Reader): void {
  if (reader.end < 8) throw new WasmError('malformed', 'shorter than a module header', 0);
  const word = new DataView(reader.bytes.buffer, reader.bytes.byteOffset).getUint32(0, false);
  if (word !== 0x0061736d) throw new WasmError('malformed', 'not a WebAssembly module: no magic number', 0);
  const version = new DataView(reader.bytes.buffer, reader.bytes.byteOffset).getUint32(4, true);
  if (version === 0x1000d) throw new WasmError('unsupported', 'a component, not a core module', 4);
  if (version !== 1) throw new WasmError('unsupported', `version ${version} of the binary format`, 4);
  reader.position = 8;
}

/** A reader for the payload of a section; undefined when the module has none of that id. */
export function sectionReader(bytes: Uint8Array, sections: readonly Section[], id: number): Reader | undefined {
  const section = sections.find((section) => section.id === id);
  return section && new Reader(bytes, section.start, section.end);
}

/**
 * The contents of all custom sections with this name, in the order of the file, as views of `bytes`.
 *
 * @throws {WasmError} When the sections can't be told apart.
 */
export function customSections(bytes: Uint8Array, name: string): Uint8Array[] {
  return readSections(bytes)
    .customSections.filter((section) => section.name === name)
    .map((section) => bytes.subarray(section.start, section.end));
}
