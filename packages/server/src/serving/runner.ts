import { createGuest, isAwaiting, type Control, type Guest, type HostCalls, type Outcome } from '@ostiary/sandbox';
import type { ModuleSpec } from '../generation/spec.ts';
import type { Asker, CallFacts, Evaluated } from '../hostcalls/contract.ts';
import { converse, failed, told } from '../hostcalls/converse.ts';
import { InventoryData } from '../hostcalls/inventory.ts';
import { HostSession } from '../hostcalls/session.ts';
import { DEAF, STARTING } from '../hostcalls/tracing.ts';
import type { Releasable } from '../idle.ts';

/**
 * The longest a guest may hold the thread that serves, in milliseconds. Every other request of the thread waits that
 * long at worst.
 */
const INLINE_BUDGET_MS = 20;
/** The longest its start may, in milliseconds: a Go guest of 16 MB takes half of it. One that takes longer never runs here. */
const START_BUDGET_MS = 100;
/** A guest that usually takes longer than this is run elsewhere: there the hop of about 50 µs costs nothing that shows. */
const SLOW_MICROS = 2000;
/**
 * What a run that took longer than usual multiplies the usual time by, and one that did not divides it by. The two balance
 * where ln 1.05 ÷ (ln 1.25 + ln 1.05) = 18 % of the runs take longer. An average would not do: on a busy machine one quick
 * run in a hundred is interrupted for as long as a hundred of them take.
 */
const LONGER = 1.25;
const SHORTER = 1.05;
/** Between these bounds a guest that changes is found out within 14 slow runs, or 47 quick ones. */
const [LEAST_MICROS, MOST_MICROS] = [100, 20_000];

/** What a guest counts as that was not tried, or whose trial failed: it is watched elsewhere for a few runs before it may run here. */
const UNKNOWN_MICROS = 1.25 * SLOW_MICROS;

/** Gives a call to an evaluation thread, with what its guest's host calls are to be answered with. */
export type Delegate = (
  key: number,
  operation: string,
  input: readonly Uint8Array[],
  facts: CallFacts | undefined,
) => Promise<Evaluated>;

export type RunThread = 'serving' | 'evaluation';

const BLIND = "can't see the cluster: this server answers no host calls";

/** Runs one guest where it disturbs least. */
export interface Runner extends Releasable {
  /** Makes the guest ready, so that the first request does not have to. */
  prepare(operation: string): void;
  /** @param asker Who answers the guest's host calls; default: they are refused. */
  run(operation: string, input: readonly Uint8Array[], asker?: Asker): Outcome | Promise<Outcome>;
}

/** A run that has come to its end somewhere. */
interface Ran extends Evaluated {
  readonly thread: RunThread;
}

/**
 * A runner for one guest of a serving thread. Quick guests run right here. A run that hits the inline budget is thrown
 * away and repeated from the start on an evaluation thread under the guest's own limit: an evaluation has no effect
 * before its answer, so nobody can tell. A guest that is usually slow goes there at once, until it is quick again.
 *
 * A run whose guest asks its host something that takes time is thrown away as well, and repeated when the answer is
 * there, so that nothing is held while a request waits.
 */
export function createRunner(
  {
    guest: { key, image, timeoutMs, data, inventory: spec },
    usualMicros = UNKNOWN_MICROS,
  }: Pick<ModuleSpec, 'guest' | 'usualMicros'>,
  control: Control,
  delegate: Delegate,
  count: (outcome: Outcome, thread: RunThread) => void,
): Runner {
  const budget = Math.min(INLINE_BUDGET_MS, timeoutMs);
  const inventory = spec && new InventoryData(spec);
  const guest: Guest = createGuest(image, {
    control,
    timeoutMs: budget,
    startTimeoutMs: START_BUDGET_MS,
    startCalls: STARTING,
    ...(data && { data: () => data }),
    ...(inventory && { data: () => inventory.document }),
  });
  /** Its start did not come to an end here; it is not tried again. */
  let barred = false;
  let usual = usualMicros;
  let usedAt = performance.now();

  const finish = ({ outcome, thread }: Omit<Ran, 'said'>): Outcome => {
    usual = outcome.micros > usual ? usual * LONGER : usual / SHORTER;
    usual = Math.max(LEAST_MICROS, Math.min(MOST_MICROS, usual));
    count(outcome, thread);
    return outcome;
  };

  /** Undefined when the call has to run elsewhere. */
  const here = (operation: string, input: readonly Uint8Array[], calls: HostCalls): Outcome | undefined => {
    if (barred || usual > SLOW_MICROS) return undefined;
    usedAt = performance.now();
    const outcome = guest.call(operation, input, calls);
    const overBudget = !outcome.ok && outcome.failure.code === 'deadline' && budget < timeoutMs;
    // A run that is stopped leaves an instance behind, a start does not.
    if (overBudget) barred = guest.heldBytes() === 0;
    return overBudget ? undefined : outcome;
  };

  const elsewhere = async (operation: string, input: readonly Uint8Array[]): Promise<Outcome> => {
    const { outcome } = await delegate(key, operation, input, undefined);
    return finish({ outcome, thread: 'evaluation' });
  };

  /** One run of a conversation on this thread, unless its runs have held it long enough. */
  const turnHere = (session: HostSession, operation: string, input: readonly Uint8Array[]): Ran | undefined => {
    if (session.heldMs >= budget) return undefined;
    const outcome = here(operation, input, session.calls);
    session.heldMs += (outcome?.micros ?? budget * 1000) / 1000;
    return outcome && { outcome, said: session.calls.said, thread: 'serving' };
  };

  const turn = async (session: HostSession, operation: string, input: readonly Uint8Array[]): Promise<Ran> => {
    const ran = turnHere(session, operation, input);
    if (ran) return ran;
    if (session.remainingMs <= 0) return { outcome: failed(session.deadline()), said: [], thread: 'serving' };
    return { ...(await delegate(key, operation, input, session.facts())), thread: 'evaluation' };
  };

  const conversation = (
    session: HostSession,
    operation: string,
    input: readonly Uint8Array[],
  ): Outcome | Promise<Outcome> => {
    const ran = turnHere(session, operation, input);
    if (ran && !isAwaiting(ran.outcome)) return finish(told(session, ran));
    return converse(session, () => turn(session, operation, input), ran).then(finish);
  };

  /** The end of a request whose guest must not run: without the cluster's objects it would miss them. */
  const blind = (message: string): Outcome =>
    finish({ outcome: failed({ code: 'unavailable', message, stderr: '' }), thread: 'serving' });

  /** A conversation that begins with what the guest sees of the cluster, at once if that is known. */
  const seeing = (
    seen: InventoryData,
    asker: Asker,
    operation: string,
    input: readonly Uint8Array[],
  ): Outcome | Promise<Outcome> => {
    const session = new HostSession(asker, timeoutMs, budget);
    const proceed = (): Outcome | Promise<Outcome> => {
      const answer = session.calls.call(seen.call);
      const problem = answer ? seen.take(answer) : BLIND;
      return problem === undefined ? conversation(session, operation, input) : blind(problem);
    };
    if (session.calls.call(seen.call)) return proceed();
    return session
      .fetch(seen.call)
      .then((failure) => (failure ? finish({ outcome: failed(failure), thread: 'serving' }) : proceed()));
  };

  return {
    get usedAt() {
      return usedAt;
    },
    heldBytes: () => guest.heldBytes(),
    release: () => guest.release(),
    prepare(operation) {
      if (usual <= SLOW_MICROS) barred = guest.prepare(operation) !== undefined;
    },
    run(operation, input, asker) {
      if (inventory) return asker ? seeing(inventory, asker, operation, input) : blind(BLIND);
      if (!asker) {
        const outcome = here(operation, input, DEAF);
        return outcome ? finish({ outcome, thread: 'serving' }) : elsewhere(operation, input);
      }
      return conversation(new HostSession(asker, timeoutMs, budget), operation, input);
    },
  };
}
