import { setTimeout as timer } from 'node:timers/promises';

/** Time and chance as the loops of this package see them, so that tests can bend both. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. A changed wall clock doesn't move it. */
  readonly now: () => number;
  /** The wall clock, for what is written into objects. */
  readonly date: () => Date;
  /** Resolves after `ms`, or at once when the signal aborts; it never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** At least 0, below 1. */
  readonly random: () => number;
}

/** The longest delay a timer takes (2^31 - 1 ms, almost 25 days); a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  random: () => Math.random(),
  sleep: async (ms, signal) => {
    try {
      await timer(Math.min(Math.max(ms, 0), MAX_TIMER_MS), undefined, signal === undefined ? {} : { signal });
    } catch {
      // Aborted: the caller looks at its signal, which it has to do after any sleep.
    }
  },
};
