import type { MemoryLimits } from './limits.ts';

/** The module name of everything a rewritten module imports on top of its own imports. A guest can't use it itself. */
export const HOST_MODULE = 'ostiary';
/** The import that stands for a memory that the guest defined itself. */
export const MEMORY_IMPORT = 'memory';
/** The import of the shared memory with the stop flag: one page, `shared`. */
export const CONTROL_IMPORT = 'control';

/**
 * Byte offset of the 32-bit stop flag in the control memory; any value but zero stops. It lies near the end of a
 * 4 KiB page: processors compare only the low twelve bits of addresses when they look for a store that a load has to
 * wait for, and a flag at offset zero collides with the busy beginnings of other pages (measured: run time doubled).
 */
export const STOP_FLAG_OFFSET = 3904;

/**
 * How a rewritten module keeps a snapshot of its state, in itself:
 *
 * - `none`: not at all;
 * - `globals`: mutable globals and the whole memory are copied back. Right for memories of up to about four pages;
 * - `dirty-map`: every store marks its 4 KiB page, and only marked pages are copied back.
 *
 * With either of the last two the module exports {@link SNAPSHOT_EXPORTS}.
 */
export type SnapshotMode = 'none' | 'globals' | 'dirty-map';

/**
 * What a module with a snapshot exports on top of its own exports.
 *
 * The host instantiates the module, runs its initialisation and calls `save`; then after every call, however it ended,
 * `restore`. When `restore` returns 1 (something changed that it can't put back: a table, or a dropped segment) or throws,
 * the instance is spent and has to be replaced. `save` may be called again; the last one counts.
 *
 * `memory.grow` only ever adds to the real memory, so after a restore accesses behind `pages` that used to trap find
 * zeros. Nothing of an earlier call is in them, but that they don't trap tells the guest that an earlier call has grown.
 * A host that can't have that makes the memory with `initial: limits.maximum`, which costs address space alone and makes
 * all calls alike, or replaces an instance whose memory is larger than `pages` after a restore.
 */
export const SNAPSHOT_EXPORTS = {
  /** `() -> ()`: makes the current state the one that `restore` puts back. Traps when there is no memory for it. */
  save: `${HOST_MODULE}.save`,
  /** `() -> i32`: puts the state back; 0 when all of it is back, 1 when the instance is spent. */
  restore: `${HOST_MODULE}.restore`,
  /** A mutable i32 global: the pages that the guest has, which the real memory may exceed. Not to be written. */
  pages: `${HOST_MODULE}.pages`,
  /** A mutable i32 global: 1 when `memory.grow` has been refused since the last restore, else 0. Not to be written. */
  refused: `${HOST_MODULE}.refused`,
  /**
   * A memory, for modules that have one themselves: with `dirty-map` its first bytes are the map, one for each 4 KiB of
   * the guest's memory, and whoever writes to the guest's memory from outside sets those of the pages it wrote:
   * {@link markWritten}. Take the view after `save`, which may grow this memory.
   */
  shadow: `${HOST_MODULE}.shadow`,
} as const;

/**
 * What a Go command exports besides, when it is one that can be resumed (`info.resumable`, which needs a snapshot).
 *
 * A command reads its input from stdin in the middle of `_start`. Go keeps its stacks in linear memory, so that all of
 * the engine's own stack can be thrown away there and the command go on later, any number of times. The host
 *
 * 1. instantiates the module with an `fd_read` that throws a value of the host's own when it is asked for file 0, and
 *    calls `_start`. When `_start` ends in any other way, by itself, a trap or `proc_exit`, the command has not come to
 *    its first read: it can't be resumed and runs from `_start` for each call, on a snapshot that is made before it;
 * 2. after that value has come out of `_start`, calls `park`, then `save`;
 * 3. for each call lets `fd_read` serve the input and calls `resume`, which repeats the interrupted read, with the same
 *    arguments, and runs the command to its end: the call comes back when `main` has ended the process, by an exception
 *    from `proc_exit`, or by itself;
 * 4. calls `restore`, as ever.
 *
 * What the command did before that read is done once and holds for all calls: it has read its arguments, environment and
 * the time of its start, and seeded its hash tables. Clocks and random numbers asked for later are as fresh as the host
 * makes them.
 */
export const RESUME_EXPORTS = {
  /** `() -> ()`: leaves in the guest's memory where to go on. Only right after the throw out of `fd_read`, and before `save`. */
  park: `${HOST_MODULE}.park`,
  /** `() -> ()`: goes on at the read. */
  resume: `${HOST_MODULE}.resume`,
} as const;

/** Marks the pages of a range that the host has written. `map` is a view of the `shadow` memory from its start. */
export function markWritten(map: Uint8Array, pointer: number, length: number): void {
  if (length === 0) return;
  const first = pointer >>> 12;
  const last = (pointer + length - 1) >>> 12;
  if (first === last) map[first] = 1;
  else map.fill(1, first, last + 1);
}

export interface RewriteOptions {
  /** Check the stop flag at loop headers and on entry to functions that call. */
  readonly interrupt: boolean;
  /** The most pages of 64 KiB the memory may have. */
  readonly maxPages: number;
  /** How the state can be put back after a call; default `none`. See {@link SnapshotMode}. */
  readonly snapshot?: SnapshotMode;
  /** The most elements all tables together may have; default {@link DEFAULT_TABLE_ELEMENTS}. */
  readonly maxTableElements?: number;
}

/** A table element costs 8 to 16 bytes in V8: at most 16 MiB, beside the 10 million elements a table can have in V8. */
export const DEFAULT_TABLE_ELEMENTS = 1_000_000;

/** The memory that the host creates: `new WebAssembly.Memory(limits)` goes under `module` and `name`. */
export interface MemoryImport {
  readonly module: string;
  readonly name: string;
  /** In pages of 64 KiB. */
  readonly limits: MemoryLimits;
}

/** What the rewriter saw and did: figures for `inspect` and for choosing how to run a module. */
export interface RewriteInfo {
  /** Functions with code. */
  readonly functions: number;
  /** Places that check the stop flag. */
  readonly stopChecks: number;
  /** Stores that mark their page, and calls of bulk operations that mark a range; 0 without `dirty-map`. */
  readonly marks: number;
  /** Instructions that change a table or drop a segment: a call that executes one of them spends its instance. Counted when there is a snapshot. */
  readonly spendingInstructions: number;
  readonly mutableGlobals: number;
  /**
   * Those that are imported. They are saved and put back like the others; instances that share such a global overwrite
   * each other's value, so each instance needs its own.
   */
  readonly importedMutableGlobals: number;
  readonly exportedMutableGlobals: number;
  /** Whether this is a Go command that can go on at its first read of stdin: {@link RESUME_EXPORTS}. */
  readonly resumable: boolean;
}

export interface Rewritten {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The guest's memory, index 0; undefined for a module without one. */
  readonly memory: MemoryImport | undefined;
  /** Where the control memory goes; undefined without `interrupt`. */
  readonly control: { readonly module: string; readonly name: string } | undefined;
  readonly info: RewriteInfo;
}
