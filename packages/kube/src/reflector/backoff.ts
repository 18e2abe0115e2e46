import type { Clock } from '../clock.ts';

/** Waits longer after every failure. */
export interface Backoff {
  /** The next wait in milliseconds. */
  readonly next: () => number;
  readonly reset: () => void;
}

export const BACKOFF_START_MS = 800;
export const BACKOFF_MAX_MS = 30_000;

/** 0.8 s, doubled after every failure up to 30 s, and up to half of it taken away at random, so that clients spread. */
export function createBackoff(clock: Pick<Clock, 'random'>): Backoff {
  let delay = BACKOFF_START_MS;
  return {
    next: () => {
      const wait = delay * (1 - clock.random() / 2);
      delay = Math.min(delay * 2, BACKOFF_MAX_MS);
      return wait;
    },
    reset: () => {
      delay = BACKOFF_START_MS;
    },
  };
}
