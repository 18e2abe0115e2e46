import { createHash } from 'node:crypto';
import { detectCapabilities } from '@ostiary/registry';
import { compileGuest, DEFAULT_LIMITS, SandboxError, type GuestImage } from '@ostiary/sandbox';
import { readModule, type Module } from '@ostiary/wasm';
import { abiOf, operationsOf } from './guest.ts';
import { natureOf, type ModuleNature, type NatureOptions } from './mode.ts';

/** What a module is made of, and how it would be run; sizes in bytes. */
export interface Anatomy {
  /** `sha256:…` of the bytes. */
  readonly digest: string;
  readonly size: number;
  /** How it is talked to. */
  readonly abi: GuestImage['abi'];
  /** Names of imports, `module.name`, sorted. */
  readonly imports: readonly string[];
  /** Names of exported functions, sorted. */
  readonly exports: readonly string[];
  /** Host operations that it seems to call. */
  readonly capabilities: readonly string[];
  /** By section, largest first; custom sections by their names. */
  readonly sections: readonly { readonly name: string; readonly size: number }[];
  /** Linear memory at the start, and the most it declares; undefined: no limit of its own. */
  readonly memory: { readonly initial: number; readonly maximum: number | undefined } | undefined;
  readonly isolation: Isolation;
}

/** How the state after the start is put back after each call, and why that way. */
export type Isolation =
  | { readonly usable: true; readonly way: GuestImage['snapshot']; readonly why: string }
  | { readonly usable: false; readonly why: string };

const PAGE = 65_536;
/** Memories of at most so many pages may be copied whole, where that is faster; a server tries both. */
const SMALL_PAGES = 4;

/** Takes a module apart; runs nothing of it. Throws EvaluateError for what is no module or contradicts its metadata. */
export function anatomyOf(bytes: Uint8Array, options: NatureOptions = {}): Anatomy & { readonly nature: ModuleNature } {
  const nature = natureOf(bytes, options);
  const module = readModule(bytes);
  const [memory] = module.memories;
  return {
    nature,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    size: bytes.length,
    abi: abiOf(nature),
    imports: module.imports.map((entry) => `${entry.module}.${entry.name}`).sort(),
    exports: module.exports.flatMap(({ name, kind }) => (kind === 'function' ? [name] : [])).sort(),
    capabilities: detectCapabilities(bytes),
    sections: sectionsOf(module),
    memory: memory && {
      initial: memory.initial * PAGE,
      maximum: memory.maximum === undefined ? undefined : memory.maximum * PAGE,
    },
    isolation: isolationOf(bytes, nature),
  };
}

const SECTIONS = ',type,import,function,table,memory,global,export,start,element,code,data,data count,tag'.split(',');

function sectionsOf(module: Module): Anatomy['sections'] {
  const plain = module.sections.map(({ id, start, end }) => ({
    name: SECTIONS[id] ?? `section ${id}`,
    size: end - start,
  }));
  const custom = module.customSections.map(({ name, start, end }) => ({ name: `custom '${name}'`, size: end - start }));
  return [...plain, ...custom].toSorted((left, right) => right.size - left.size);
}

function isolationOf(bytes: Uint8Array, nature: ModuleNature): Isolation {
  const { memoryBytes } = DEFAULT_LIMITS;
  try {
    const image = compileGuest(bytes, { abi: abiOf(nature), operations: operationsOf(nature), memoryBytes });
    const { snapshot, startPages, resumable } = image;
    if (startPages <= SMALL_PAGES) {
      const why = `its memory is small (${startPages} pages): a server tries whether copying it whole is faster`;
      return { usable: true, way: snapshot, why };
    }
    const start = resumable
      ? 'it is a Go command, which goes on from its first read of stdin: its start is paid once'
      : 'its start is paid once';
    return { usable: true, way: snapshot, why: `${start}; after a call only the pages it wrote are put back` };
  } catch (error) {
    if (error instanceof SandboxError) return { usable: false, why: `the module ${error.message}` };
    throw error;
  }
}
