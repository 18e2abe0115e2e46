import { SECTION } from '../binary/sections.ts';
import type { ValueType } from '../binary/types.ts';
import { importedCount, type Module } from '../module.ts';
import { WasmError } from '../errors.ts';
import { findGoResume, type GoResume } from './go-resume.ts';
import { clampMemory, clampTables, sectionOffset } from './limits.ts';
import {
  DEFAULT_TABLE_ELEMENTS,
  HOST_MODULE,
  MEMORY_IMPORT,
  type MemoryImport,
  type RewriteOptions,
  type SnapshotMode,
} from './options.ts';

/**
 * Where everything that a rewrite adds will be. Whatever is added goes behind what the guest has, in every index space,
 * so no index of the guest ever changes: that is why code is copied as it is, between insertions.
 */
export interface Layout {
  readonly memory: (MemoryImport & { readonly imported: boolean }) | undefined;
  /** Memory index of the control memory. */
  readonly control: number | undefined;
  /** The new maximum of each table that the module defines. */
  readonly tableMaxima: readonly number[];
  readonly snapshot: SnapshotLayout | undefined;
}

/** What a snapshot needs, as indices into the spaces of the rewritten module. */
export interface SnapshotLayout {
  readonly mode: Exclude<SnapshotMode, 'none'>;
  /** Undefined for a module without memory: then only its globals are kept. */
  readonly shadow: ShadowLayout | undefined;
  /** The guest's mutable globals, each with the index of its copy. */
  readonly copies: readonly GlobalCopy[];
  readonly globals: {
    readonly pages: number;
    readonly savedPages: number;
    readonly spent: number;
    readonly refused: number;
  };
  readonly types: Readonly<Record<HelperType, number>>;
  readonly functions: Readonly<Record<HelperName, number>>;
  /** Defined for a Go command that can be resumed. */
  readonly resume: GoResume | undefined;
}

export interface GlobalCopy {
  readonly global: number;
  readonly copy: number;
  readonly type: ValueType;
}

export interface ShadowLayout {
  /** Memory index. */
  readonly memory: number;
  /** Pages of 64 KiB in front of the snapshot that hold the dirty map: one byte per 4 KiB of the guest's memory. */
  readonly mapPages: number;
  readonly maximum: number;
}

/** The helper functions, in the order in which they stand behind the guest's functions. Each has a body, if of no use. */
export const HELPERS = ['grow', 'mark', 'fill', 'copy', 'putBack', 'restoreMemory', 'save', 'restore', 'park'] as const;
export type HelperName = (typeof HELPERS)[number];

/** Signatures of the helpers: parameters, `_`, results; all i32. */
export const HELPER_TYPES = ['0_0', '0_1', '1_1', '2_0', '3_0'] as const;
export type HelperType = (typeof HELPER_TYPES)[number];

const PAGE = 65_536;
const ALL_PAGES = 65_536;

/** Half of what 32 bits can address, so that the memory and its snapshot are reached by one 32-bit address each. */
const MAX_SNAPSHOT_PAGES = 32_768;

export function layoutOf(bytes: Uint8Array, module: Module, options: RewriteOptions): Layout {
  const mode = options.snapshot ?? 'none';
  const maxPages = mode === 'none' ? options.maxPages : Math.min(options.maxPages, MAX_SNAPSHOT_PAGES);
  const memory = memoryOf(bytes, module, maxPages);
  const tables = module.tables.slice(importedCount(module, 'table'));
  const most = options.maxTableElements ?? DEFAULT_TABLE_ELEMENTS;
  const control = options.interrupt ? (memory ? 1 : 0) : undefined;
  const shadowIndex = (memory ? 1 : 0) + (options.interrupt ? 1 : 0);
  return {
    memory,
    control,
    tableMaxima: clampTables(tables, most, sectionOffset(bytes, module, SECTION.table)),
    snapshot:
      mode === 'none'
        ? undefined
        : {
            ...snapshotOf(module, mode),
            shadow: memory && shadowOf(memory, mode, shadowIndex),
            resume: memory && findGoResume(bytes, module),
          },
  };
}

function memoryOf(bytes: Uint8Array, module: Module, maxPages: number): Layout['memory'] {
  const type = module.memories[0];
  if (!type) return undefined;
  const own = module.imports.find((entry) => entry.kind === 'memory');
  const section = own ? SECTION.import : SECTION.memory;
  const limits = clampMemory(type, maxPages, sectionOffset(bytes, module, section));
  return { module: own?.module ?? HOST_MODULE, name: own?.name ?? MEMORY_IMPORT, limits, imported: own !== undefined };
}

function shadowOf(memory: MemoryImport, mode: SnapshotMode, index: number): ShadowLayout {
  const { maximum } = memory.limits;
  // Sixteen 4 KiB pages to each page, one byte for each of them.
  const mapPages = mode === 'dirty-map' ? Math.max(1, Math.ceil((maximum * 16) / PAGE)) : 0;
  return { memory: index, mapPages, maximum: Math.min(mapPages + maximum, ALL_PAGES) };
}

function snapshotOf(module: Module, mode: Exclude<SnapshotMode, 'none'>): Omit<SnapshotLayout, 'shadow' | 'resume'> {
  checkRoom(module);
  const first = module.globals.length;
  const mutable = module.globals.flatMap((type, global) => (type.mutable ? [{ global, type: type.value }] : []));
  return {
    mode,
    globals: { pages: first, savedPages: first + 1, spent: first + 2, refused: first + 3 },
    copies: mutable.map((entry, place) => ({ ...entry, copy: first + 4 + place })),
    types: numbered(HELPER_TYPES, module.types.length),
    functions: numbered(HELPERS, module.functions.length),
  };
}

/** V8 refuses modules with more of anything (`kV8MaxWasmGlobals` and the like). */
const MAX_ENTRIES = 1_000_000;

function checkRoom({ types, functions, globals, exports }: Module): void {
  // At worst every global is mutable and gets a copy; the other spaces get a dozen entries.
  const most = Math.max(types.length, functions.length, exports.length, globals.length * 2);
  if (most + 16 > MAX_ENTRIES) throw new WasmError('unsupported', 'too many declarations to add more', 0);
}

function numbered<K extends string>(names: readonly K[], first: number): Readonly<Record<K, number>> {
  return Object.fromEntries(names.map((name, place) => [name, first + place])) as Record<K, number>;
}
