import { STOP_FLAG_OFFSET } from '@ostiary/wasm';

/**
 * The control page: one shared WebAssembly memory per thread that runs guests, imported by each of its guests. The
 * guests read the stop flag in it at every loop and call; another thread, the ticker, keeps the time in it and sets the
 * flag when the deadline in it has passed. One guest runs at a time on a thread, so one page serves all.
 */
export interface Control {
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
}

const STOP = STOP_FLAG_OFFSET / 4;
/** Cache lines of their own, away from the flag that guests read all the time. */
const DEADLINE = STOP - 32;
const NOW = STOP - 64;

/** How often the ticker should look, in milliseconds: a guest outlives its deadline by at most about two of these. */
export const TICK_MS = 5;

/** The page is a constant 64 KiB, the least a memory can have. */
export function createControl(): Control {
  return controlOf(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
}

/** The control of a memory that came from another thread. */
export function controlOf(memory: WebAssembly.Memory): Control {
  return { memory, words: new Int32Array(memory.buffer) };
}

/**
 * Starts the time limit of a call: clears the flag, sets the deadline. Times are the ticker's, in milliseconds modulo
 * 2^32; they are compared by signed difference, so that wrapping (every 49 days) is harmless, and a clock of one thread
 * can't disagree with another's.
 */
export function arm(control: Control, timeoutMs: number): void {
  Atomics.store(control.words, STOP, 0);
  // 0 means "nothing runs", so that one value of the clock is moved by a millisecond.
  Atomics.store(control.words, DEADLINE, (Atomics.load(control.words, NOW) + Math.ceil(timeoutMs)) | 0 || 1);
}

export function disarm(control: Control): void {
  Atomics.store(control.words, DEADLINE, 0);
}

export function isStopped(control: Control): boolean {
  return Atomics.load(control.words, STOP) !== 0;
}

/** Milliseconds until the armed deadline, zero or negative when it has passed; Infinity when nothing is armed. */
export function remaining(control: Control): number {
  const deadline = Atomics.load(control.words, DEADLINE);
  return deadline === 0 ? Infinity : (deadline - Atomics.load(control.words, NOW)) | 0;
}

/**
 * One tick, to be run on a thread of its own every {@link TICK_MS}: tells the controls the time and stops each guest
 * whose deadline has passed. The call it stops may have ended in between; the runner tells such a late flag from a real
 * one by the time, and runs the call again.
 *
 * @param now Any monotonic clock of the ticker's thread, in milliseconds.
 */
export function tick(controls: Iterable<Control>, now: number): void {
  for (const control of controls) {
    Atomics.store(control.words, NOW, now | 0);
    if (remaining(control) <= 0) Atomics.store(control.words, STOP, 1);
  }
}

/** Blocks the thread for `ms`, or until the deadline when that is sooner. */
export function sleep(control: Control, ms: number): void {
  const limit = Math.min(ms, Math.max(0, remaining(control)) + TICK_MS);
  if (limit > 0) Atomics.wait(control.words, STOP, 0, limit);
}
