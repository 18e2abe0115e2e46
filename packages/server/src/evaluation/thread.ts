import { parentPort, workerData } from 'node:worker_threads';
import {
  controlOf,
  createGuest,
  SandboxError,
  type Guest,
  type HostAnswer,
  type HostCalls,
  type Outcome,
} from '@ostiary/sandbox';
import type { CallFacts } from '../hostcalls/contract.ts';
import { InventoryData } from '../hostcalls/inventory.ts';
import { DEAF, STARTING, TracedCalls } from '../hostcalls/tracing.ts';
import { keyOf } from '../hostcalls/key.ts';
import { releaseIdle, type Releasable } from '../idle.ts';
import { compileCheapest } from './compile-cheapest.ts';
import { yieldToServingThreads } from './priority.ts';
import type { FromThread, Job, JobResult, ThreadData, ToThread, Trial } from './protocol.ts';

/** The body of an evaluation thread: keeps guests, runs one job at a time. */
const control = controlOf((workerData as ThreadData).control);
const guests = new Map<number, KeptGuest>();

type CallJob = Pick<Extract<Job, { type: 'call' }>, 'key' | 'operation' | 'input' | 'limitMs'>;

interface KeptGuest extends Releasable {
  readonly guest: Guest;
  readonly inventory: InventoryData | undefined;
  usedAt: number;
}

releaseIdle(() => guests.values());

function run(job: Job): JobResult {
  switch (job.type) {
    case 'call':
      if (job.trial) return callThenWarm(job, job.trial);
      return job.facts ? converse(job, job.facts) : { type: 'outcome', outcome: call(job, deaf(job)) };
    case 'warm':
      return { type: 'outcome', outcome: warm(job) };
    case 'compile':
      return compile(job);
  }
}

/** Runs a guest with the answers that it has been given so far; the next question ends the run. */
function converse(job: CallJob, { seed, limitMs, answers }: CallFacts): JobResult {
  const told = new Map(answers);
  const left = timeLeft(job.limitMs ?? limitMs);
  const calls = new TracedCalls(
    {
      get limitMs() {
        return left();
      },
      get startLimitMs() {
        return left();
      },
      answer: (question) => told.get(keyOf(question)),
    },
    seed,
  );
  const unseen = unseenBy(guests.get(job.key)?.inventory, told);
  const outcome = unseen === undefined ? call(job, calls) : unavailable(unseen);
  return { type: 'outcome', outcome, said: calls.said };
}

/** For a guest that nobody listens to, in the time that its request has left. */
function deaf({ limitMs }: CallJob): HostCalls {
  if (limitMs === undefined) return DEAF;
  const left = timeLeft(limitMs);
  return {
    ...DEAF,
    get limitMs() {
      return left();
    },
    get startLimitMs() {
      return left();
    },
  };
}

/** Counts down from now: what the guest's start takes, its run has not. */
function timeLeft(limitMs: number): () => number {
  const end = performance.now() + limitMs;
  return () => Math.max(0, end - performance.now());
}

/** Gives a guest that sees the cluster what it sees now; or says why it must not run. */
function unseenBy(inventory: InventoryData | undefined, told: ReadonlyMap<string, HostAnswer>): string | undefined {
  if (inventory === undefined) return undefined;
  const answer = told.get(keyOf(inventory.call));
  return answer === undefined ? "can't see the cluster: nobody has looked" : inventory.take(answer);
}

function unavailable(message: string): Outcome {
  return { ok: false, micros: 0, failure: { code: 'unavailable', message, stderr: '' } };
}

function call(job: CallJob, calls: HostCalls): Outcome {
  const kept = guests.get(job.key);
  if (kept) {
    kept.usedAt = performance.now();
    return kept.guest.call(job.operation, job.input, calls);
  }
  return unavailable('is not loaded on this thread');
}

/** What a module is asked first and what its trial asks meet the same instance: another one would cost milliseconds. */
function callThenWarm(job: CallJob, trial: Trial): JobResult {
  const outcome = call(job, DEAF);
  if (!outcome.ok) return { type: 'outcome', outcome };
  if (trial.runs === 0) {
    guests.get(job.key)?.release();
    return { type: 'outcome', outcome };
  }
  const warmed = warm({ key: job.key, ...trial });
  return { type: 'outcome', outcome, usualMicros: warmed.ok ? warmed.micros : undefined };
}

/** Code that has run often is compiled better, for all threads: they share it. */
function warm(job: Trial & Pick<CallJob, 'key'>): Outcome {
  const times: number[] = [];
  const end = performance.now() + job.limitMs;
  let outcome: Outcome;
  do {
    outcome = call(job, DEAF);
    if (!outcome.ok) return outcome;
    times.push(outcome.micros);
  } while (times.length < job.runs && performance.now() < end);
  // Serving threads have instances of their own; this thread makes one again if the module turns out to be slow.
  guests.get(job.key)?.release();
  // The newest half alone: the others show the code while it was cold.
  const hot = times.slice(times.length / 2).sort((a, b) => a - b);
  return { ...outcome, micros: hot[hot.length >> 1] ?? outcome.micros };
}

function compile(job: Extract<Job, { type: 'compile' }>): JobResult {
  try {
    return { type: 'image', image: compileCheapest(job.bytes, job.options, job.trial, control) };
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return { type: 'refused', refusal: { code: error.code, message: error.message } };
  }
}

yieldToServingThreads();
parentPort?.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'add':
      for (const { key, image, timeoutMs, data, inventory: spec } of message.guests) {
        const inventory = spec && new InventoryData(spec);
        const guest = createGuest(image, {
          control,
          timeoutMs,
          startCalls: STARTING,
          ...(data && { data: () => data }),
          ...(inventory && { data: () => inventory.document }),
        });
        guests.set(key, {
          guest,
          inventory,
          usedAt: performance.now(),
          heldBytes: () => guest.heldBytes(),
          release: () => guest.release(),
        });
      }
      break;
    case 'remove':
      for (const key of message.keys) guests.delete(key);
      break;
    case 'job':
      parentPort?.postMessage({ type: 'done', result: run(message.job) } satisfies FromThread);
      break;
  }
});
