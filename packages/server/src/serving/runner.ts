import { createGuest, type Control, type Guest, type Outcome } from '@ostiary/sandbox';
import type { Releasable } from '../idle.ts';
import type { ModuleSpec } from '../generation/spec.ts';

/**
 * The longest a guest may hold the thread that serves, in milliseconds. Every other request of the thread waits that
 * long at worst.
 */
const INLINE_BUDGET_MS = 20;
/** The longest its start may, in milliseconds: a Go guest of 16 MB takes half of it. One that takes longer never runs here. */
const START_BUDGET_MS = 100;
/** A guest whose recent runs took longer than this is run elsewhere: there the hop of about 50 µs costs nothing that shows. */
const SLOW_MICROS = 2000;
/** How much the newest run counts in the average: about the last ten runs decide. */
const NEWEST_WEIGHT = 0.1;

/** What a guest counts as whose trial runs failed: it is watched elsewhere for a few runs before it may run here. */
const UNKNOWN_MICROS = 1.5 * SLOW_MICROS;

/** Gives a call to an evaluation thread. */
export type Delegate = (key: number, operation: string, input: readonly Uint8Array[]) => Promise<Outcome>;

export type RunThread = 'serving' | 'evaluation';

/** Runs one guest where it disturbs least. */
export interface Runner extends Releasable {
  /** Makes the guest ready, so that the first request does not have to. */
  prepare(operation: string): void;
  run(operation: string, input: readonly Uint8Array[]): Outcome | Promise<Outcome>;
}

/**
 * A runner for one guest of a serving thread. Quick guests run right here. A run that hits the inline budget is thrown
 * away and repeated from the start on an evaluation thread under the guest's own limit: an evaluation has no effect
 * before its answer, so nobody can tell. A guest that is slow on average goes there at once, until it is quick again.
 */
export function createRunner(
  { guest: { key, image, timeoutMs }, usualMicros = UNKNOWN_MICROS }: Pick<ModuleSpec, 'guest' | 'usualMicros'>,
  control: Control,
  delegate: Delegate,
  count: (outcome: Outcome, thread: RunThread) => void,
): Runner {
  const budget = Math.min(INLINE_BUDGET_MS, timeoutMs);
  const guest: Guest = createGuest(image, { control, timeoutMs: budget, startTimeoutMs: START_BUDGET_MS });
  /** Its start did not come to an end here; it is not tried again. */
  let barred = false;
  let average = usualMicros;
  let usedAt = performance.now();

  const learn = (outcome: Outcome): void => {
    average += (outcome.micros - average) * NEWEST_WEIGHT;
  };

  const elsewhere = async (operation: string, input: readonly Uint8Array[]): Promise<Outcome> => {
    const outcome = await delegate(key, operation, input);
    learn(outcome);
    count(outcome, 'evaluation');
    return outcome;
  };

  return {
    get usedAt() {
      return usedAt;
    },
    heldBytes: () => guest.heldBytes(),
    release: () => guest.release(),
    prepare(operation) {
      if (average <= SLOW_MICROS) barred = guest.prepare(operation) !== undefined;
    },
    run(operation, input) {
      if (barred || average > SLOW_MICROS) return elsewhere(operation, input);
      usedAt = performance.now();
      const outcome = guest.call(operation, input);
      const overBudget = !outcome.ok && outcome.failure.code === 'deadline' && budget < timeoutMs;
      // A run that is stopped leaves an instance behind, a start does not.
      if (overBudget) barred = guest.heldBytes() === 0;
      if (overBudget) return elsewhere(operation, input);
      learn(outcome);
      count(outcome, 'serving');
      return outcome;
    },
  };
}
