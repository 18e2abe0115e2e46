import type { Control } from '@ostiary/sandbox';

/** How often a serving thread shows that its event loop turns, in milliseconds. */
export const HEARTBEAT_MS = 200;
/**
 * How long it may be silent before it is replaced: guests hold it for 20 ms, one host function or bulk instruction for
 * tens of milliseconds, so that 3 s of silence mean a thread that will not come back.
 */
export const SILENT_AFTER_MS = 3000;

/** A word of the control page, at its beginning; the sandbox uses words near the end of the first 4 KiB. */
const WORD = 0;

export function beat({ words }: Control): void {
  Atomics.add(words, WORD, 1);
}

export function beats({ words }: Control): number {
  return Atomics.load(words, WORD);
}
