import { STOP_FLAG_OFFSET } from '@ostiary/wasm';

/**
 * The control page: one shared WebAssembly memory per thread that runs guests, imported by each of its guests. The
 * guests read the stop flag in it at every loop and call; another thread, the ticker, sets the flag when the run that
 * the page announces has lasted too long. One guest runs at a time on a thread, so one page serves all.
 */
export interface Control {
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
}

/** The number of the run that is to stop; guests stop at any value but zero. */
const STOP = STOP_FLAG_OFFSET / 4;
/** The number of the run that is going on, 0 when none is. Away from the cache line that guests read all the time. */
const RUN = STOP - 32;
/** Its limit in milliseconds. */
const LIMIT = RUN + 1;
/** The number that the last run had. */
const LAST = RUN + 2;

/** How often the ticker should look, in milliseconds: a guest outlives its limit by at most about two of these. */
export const TICK_MS = 5;

/** The page is a constant 64 KiB, the least a memory can have. */
export function createControl(): Control {
  return controlOf(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
}

/** The control of a memory that came from another thread. */
export function controlOf(memory: WebAssembly.Memory): Control {
  return { memory, words: new Int32Array(memory.buffer) };
}

/** Announces a run with its limit, and clears the flag. Returns the run's number. */
export function arm({ words }: Control, limitMs: number): number {
  // The number of a run is never 0, which means none.
  const run = (words[LAST]! + 1) | 0 || 1;
  words[LAST] = run;
  Atomics.store(words, STOP, 0);
  Atomics.store(words, LIMIT, Math.ceil(limitMs));
  Atomics.store(words, RUN, run);
  return run;
}

export function disarm({ words }: Control): void {
  Atomics.store(words, RUN, 0);
}

/**
 * Which run the ticker has stopped, 0 for none. A stop can come just after the run it was meant for, and hit the next
 * one: the runner tells by the number, and runs that one again.
 */
export function stoppedRun({ words }: Control): number {
  return Atomics.load(words, STOP);
}

/** No limit of a run is longer, and far above it the platform's own arithmetic overflows. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

/** Blocks the thread for `ms`, or until the ticker stops the run. */
export function sleep({ words }: Control, ms: number): void {
  if (ms > 0) Atomics.wait(words, STOP, 0, Math.min(ms, LONGEST_SLEEP_MS));
}

/**
 * A function that looks after the controls, to be called on a thread of its own every {@link TICK_MS} with the time of
 * any monotonic clock in milliseconds. A run's limit counts from the first look that sees it, on this one clock: a late
 * ticker makes limits longer, never shorter.
 */
export function createTicker(controls: readonly Control[]): (now: number) => void {
  const watched = controls.map((control) => ({ words: control.words, run: 0, end: 0 }));
  return (now) => {
    for (const watch of watched) {
      const run = Atomics.load(watch.words, RUN);
      if (run !== watch.run) {
        watch.run = run;
        watch.end = now + Atomics.load(watch.words, LIMIT);
      } else if (run !== 0 && now >= watch.end) {
        Atomics.store(watch.words, STOP, run);
        Atomics.notify(watch.words, STOP);
      }
    }
  };
}
