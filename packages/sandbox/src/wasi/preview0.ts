import type { WasiContext, WasiFunction } from './context.ts';
import { filestat } from './fd.ts';
import { wasiImports } from './imports.ts';
import { pollOneoff } from './poll.ts';
import { withResults, WASI_SIGNATURES } from './signatures.ts';

/** What preview 1 added to the functions of preview 0. */
const ADDED = new Set(['sock_accept']);

/** The functions of `wasi_unstable`, preview 0, with the signatures that they kept in preview 1. */
export const UNSTABLE_IMPORTS: Readonly<Record<string, string>> = withResults(
  Object.fromEntries(Object.entries(WASI_SIGNATURES).filter(([name]) => !ADDED.has(name))),
);

/** A file's link count was an i32 then, which moves what follows it. */
const FILESTAT_SIZE = 56;
/** A subscription to a clock carried an identifier of its own, before the clock's. */
const SUBSCRIPTION = { size: 56, tag: 8, clockId: 24, timeout: 32, flags: 48 } as const;

/**
 * The imports of `wasi_unstable`, which modules of old toolchains use. Only three things differ: these two layouts, and
 * the numbers of fd_seek's whence, which no stream here looks at.
 */
export function unstableImports(context: WasiContext): Record<string, WasiFunction> {
  return wasiImports(context, {
    fd_filestat_get: filestat(context, FILESTAT_SIZE),
    poll_oneoff: pollOneoff(context, SUBSCRIPTION),
  });
}
