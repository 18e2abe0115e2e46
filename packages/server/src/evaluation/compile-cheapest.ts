import {
  compileGuest,
  createGuest,
  type CompileOptions,
  type Control,
  type Guest,
  type GuestImage,
} from '@ostiary/sandbox';
import { DEAF, STARTING } from '../hostcalls/tracing.ts';
import type { Trial } from './protocol.ts';

/** Above this many pages of 64 KiB, copying a memory whole is never cheaper than what tracking its writes costs. */
const SMALL_PAGES = 4;
const ROUNDS = 5;
const RUNS = 30;
/** A difference that is more than noise. */
const CLEARLY = 0.95;
const TRIAL_LIMIT_MS = 20;

/**
 * Compiles a module with the cheaper way to put its state back after a call. Tracking writes costs something at each
 * store, copying the memory costs something at each call: for small memories only a trial can tell which is more.
 *
 * @throws SandboxError
 */
export function compileCheapest(
  bytes: Uint8Array,
  options: CompileOptions,
  trial: Pick<Trial, 'operation' | 'input'>,
  control: Control,
): GuestImage {
  const tracked = compileGuest(bytes, options);
  if (tracked.startPages > SMALL_PAGES) return tracked;
  const copied = compileGuest(bytes, { ...options, snapshot: 'globals' });
  const contenders = [tracked, copied].map((image) =>
    createGuest(image, { control, timeoutMs: TRIAL_LIMIT_MS, startCalls: STARTING }),
  );
  const [trackedTime, copiedTime] = leastTimes(contenders, trial);
  return copiedTime! < trackedTime! * CLEARLY ? copied : tracked;
}

/** The least time of each contender over interleaved rounds; Infinity for one that fails. */
function leastTimes(guests: readonly Guest[], trial: Pick<Trial, 'operation' | 'input'>): number[] {
  const least = guests.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, guest] of guests.entries()) least[index] = Math.min(least[index]!, timeOf(guest, trial));
  }
  return least;
}

function timeOf(guest: Guest, { operation, input }: Pick<Trial, 'operation' | 'input'>): number {
  const started = performance.now();
  for (let run = 0; run < RUNS; run++) {
    if (!guest.call(operation, input, DEAF).ok) return Infinity;
  }
  return performance.now() - started;
}
