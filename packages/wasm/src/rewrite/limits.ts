import { sectionReader, SECTION } from '../binary/sections.ts';
import type { MemoryType, TableType } from '../binary/types.ts';
import { WasmError } from '../errors.ts';
import type { Module } from '../module.ts';

/** In the shape of a `WebAssembly.MemoryDescriptor`; both in pages of 64 KiB. */
export interface MemoryLimits {
  readonly initial: number;
  readonly maximum: number;
}

/** The most pages a 32-bit memory can have. */
const ALL_PAGES = 65_536;

/**
 * The limits under which the guest's memory runs: its own, the maximum brought down to `maxPages`.
 *
 * @throws {WasmError} `limit` when the module starts with more than that.
 */
export function clampMemory(type: MemoryType, maxPages: number, offset: number): MemoryLimits {
  if (type.initial > maxPages) {
    const message = `the module starts with ${pages(type.initial)}, more than the limit of ${pages(maxPages)}`;
    throw new WasmError('limit', message, offset);
  }
  return { initial: type.initial, maximum: Math.min(type.maximum ?? ALL_PAGES, maxPages) };
}

function pages(count: number): string {
  return `${count} pages (${count / 16} MiB) of memory`;
}

/**
 * The maximum of each table, so that all tables together can't have more than `most` elements: the room that the
 * initial sizes leave is shared equally.
 *
 * @throws {WasmError} `limit` when the initial sizes alone are more.
 */
export function clampTables(tables: readonly TableType[], most: number, offset: number): number[] {
  const initial = tables.reduce((sum, table) => sum + table.initial, 0);
  if (initial > most) {
    throw new WasmError('limit', `tables start with ${initial} elements, more than the limit of ${most}`, offset);
  }
  const room = Math.floor((most - initial) / Math.max(1, tables.length));
  return tables.map((table) => Math.min(table.maximum ?? Infinity, table.initial + room));
}

/** Where a section starts, for messages; 0 when the module has none. */
export function sectionOffset(bytes: Uint8Array, module: Module, id: (typeof SECTION)[keyof typeof SECTION]): number {
  return sectionReader(bytes, module.sections, id)?.position ?? 0;
}
