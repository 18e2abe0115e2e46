import { SECTION } from '../binary/sections.ts';
import { bytesOf, unsigned, type Code } from '../rewrite/assembler.ts';

/** A module to be encoded for a test; entries of sections are the bytes of the binary format. */
export interface ModuleParts {
  readonly types?: readonly Code[];
  readonly imports?: readonly Code[];
  /** Type index, groups of locals as `[count, type]`, and the instructions without the last `end`. */
  readonly functions?: readonly { readonly type: number; readonly locals?: readonly Code[]; readonly code: Code }[];
  readonly tables?: readonly Code[];
  readonly memories?: readonly Code[];
  readonly tags?: readonly Code[];
  readonly globals?: readonly Code[];
  readonly exports?: readonly Code[];
  readonly start?: number;
  readonly elements?: readonly Code[];
  readonly data?: readonly Code[];
  readonly custom?: readonly (readonly [name: string, content: Code])[];
}

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

export function encodeModule(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  const { functions, start, data } = parts;
  const bodies = functions?.map(({ locals = [], code }) => sized([unsigned(locals.length), locals, code, 0x0b]));
  return bytesOf([
    HEADER,
    vector(SECTION.type, parts.types),
    vector(SECTION.import, parts.imports),
    vector(
      SECTION.function,
      functions?.map(({ type }) => unsigned(type)),
    ),
    vector(SECTION.table, parts.tables),
    vector(SECTION.memory, parts.memories),
    vector(SECTION.tag, parts.tags),
    vector(SECTION.global, parts.globals),
    vector(SECTION.export, parts.exports),
    start === undefined ? [] : section(SECTION.start, unsigned(start)),
    vector(SECTION.element, parts.elements),
    data ? section(SECTION.dataCount, unsigned(data.length)) : [],
    vector(SECTION.code, bodies),
    vector(SECTION.data, data),
    (parts.custom ?? []).map(([title, content]) => section(SECTION.custom, [name(title), content])),
  ]);
}

function section(id: number, content: Code): Code {
  return [id, sized(content)];
}

function vector(id: number, entries: readonly Code[] | undefined): Code {
  return entries ? section(id, [unsigned(entries.length), entries]) : [];
}

/** Content with its length in front. */
export function sized(content: Code): Code {
  const bytes = bytesOf(content);
  return [unsigned(bytes.length), [...bytes]];
}

export function name(text: string): Code {
  return sized([...new TextEncoder().encode(text)]);
}

export function functionTypeOf(params: readonly number[], results: readonly number[]): Code {
  return [0x60, unsigned(params.length), params, unsigned(results.length), results];
}

export function exported(title: string, kind: 'function' | 'table' | 'memory' | 'global' | 'tag', index: number): Code {
  return [name(title), ['function', 'table', 'memory', 'global', 'tag'].indexOf(kind), unsigned(index)];
}

export function imported(module: string, title: string, type: Code): Code {
  return [name(module), name(title), type];
}
