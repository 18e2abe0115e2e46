import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { SuiteResult } from '../engine/engine.ts';
import type { FairnessRow } from '../report.ts';
import { median, minimum, rounded } from '../statistics.ts';
import { spinningGuest } from './guest.ts';

export interface FairnessOptions {
  readonly rounds: number;
  /** How long slow requests are answered in each round, in milliseconds. */
  readonly roundMs: number;
  readonly progress: (text: string) => void;
}

/** As in the server: the longest a guest may hold the thread that serves. */
const BUDGET_MS = 20;
/** A run of a slow guest. */
const SLOW_MS = 75;
/** Requests to the slow guest that are always under way. */
const AT_ONCE = 2;
/** Another request comes as often as this. */
const OTHERS_EVERY_MS = 5;
const CALLS = 20_000;

/** `WebAssembly.promising` and `Suspending` of the JavaScript promise integration, which TypeScript does not know yet. */
interface Integration {
  readonly promising?: (run: unknown) => (rounds: number) => Promise<void>;
  readonly Suspending?: new (host: () => unknown) => WebAssembly.ImportValue;
}

type Answer = () => Promise<void>;

/**
 * Two ways to keep a slow guest from holding up the others on the thread that serves: to throw its run away when its budget
 * is over and to repeat it on another thread, or to suspend its stack and to go on later.
 */
export async function fairnessSuite({ rounds, roundMs, progress }: FairnessOptions): Promise<SuiteResult<FairnessRow>> {
  const { promising, Suspending } = WebAssembly as Integration;
  if (!promising || !Suspending) {
    return { rows: [], leftOut: ['fairness: this Node cannot suspend stacks'], failures: [] };
  }
  progress('fairness');
  const plain = plainGuest(BUDGET_MS);
  const suspended = suspendingGuest(promising, Suspending);
  const unbounded = plainGuest(Infinity);
  const slow = roundsOf(unbounded, SLOW_MS);
  const worker = new Worker(new URL('repeat-thread.ts', import.meta.url));
  try {
    const samples = { plain: new Array<number>(), suspended: new Array<number>() };
    const waits = { plain: new Array<number>(), suspended: new Array<number>() };
    for (let round = 0; round < rounds; round++) {
      samples.plain.push(await callMicros(() => unbounded(1)));
      samples.suspended.push(await callMicros(() => suspended(1)));
      waits.plain.push(await waitBeside(repeating(plain, slow, worker), roundMs));
      waits.suspended.push(await waitBeside(() => suspended(slow), roundMs));
    }
    const row = (variant: FairnessRow['variant'], key: keyof typeof samples): FairnessRow => ({
      suite: 'fairness',
      variant,
      callUs: rounded(minimum(samples[key])),
      waitMs: rounded(median(waits[key])),
    });
    return { rows: [row('repeat', 'plain'), row('suspend', 'suspended')], leftOut: [], failures: [] };
  } finally {
    await worker.terminate();
  }
}

class OverBudget extends Error {}

/** A guest whose run ends with an error when its budget is over. */
function plainGuest(budgetMs: number): (rounds: number) => void {
  let end = Infinity;
  const check = (): void => {
    if (performance.now() > end) throw new OverBudget();
  };
  const { run } = new WebAssembly.Instance(spinningGuest(), { host: { check } }).exports;
  return (rounds) => {
    end = performance.now() + budgetMs;
    (run as (rounds: number) => void)(rounds);
  };
}

/** A guest that lets others go on each time its budget is over. One instance for each run, which holds it until its end. */
function suspendingGuest(
  promising: NonNullable<Integration['promising']>,
  Suspending: NonNullable<Integration['Suspending']>,
): (rounds: number) => Promise<void> {
  const module = spinningGuest();
  const idle: ((rounds: number) => Promise<void>)[] = [];
  const make = (): ((rounds: number) => Promise<void>) => {
    let end = 0;
    const check = new Suspending(() => {
      if (performance.now() < end) return undefined;
      return new Promise<void>((resume) => {
        setImmediate(() => {
          end = performance.now() + BUDGET_MS;
          resume();
        });
      });
    });
    const run = promising(new WebAssembly.Instance(module, { host: { check } }).exports['run']);
    return (rounds) => {
      end = performance.now() + BUDGET_MS;
      return run(rounds);
    };
  };
  return async (rounds) => {
    const run = idle.pop() ?? make();
    await run(rounds);
    idle.push(run);
  };
}

/** So many rounds of the guest take that long. */
function roundsOf(run: (rounds: number) => void, ms: number): number {
  const probe = 200;
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    run(probe);
    return performance.now() - started;
  });
  return Math.max(1, Math.round((probe * ms) / minimum(times)));
}

function repeating(run: (rounds: number) => void, rounds: number, worker: Worker): Answer {
  let isKnown = false;
  const waiting: (() => void)[] = [];
  worker.removeAllListeners('message').on('message', () => waiting.shift()?.());
  return async () => {
    try {
      // A guest that has been found slow goes to the other thread at once.
      if (!isKnown) return run(rounds);
    } catch (error) {
      if (!(error instanceof OverBudget)) throw error;
      isKnown = true;
    }
    const done = new Promise<void>((resolve) => waiting.push(resolve));
    worker.postMessage(rounds);
    await done;
  };
}

async function callMicros(call: () => unknown): Promise<number> {
  const started = performance.now();
  for (let done = 0; done < CALLS; done++) {
    const result = call();
    if (result instanceof Promise) await result;
  }
  return ((performance.now() - started) * 1000) / CALLS;
}

/** How much later than it came another request is looked at, on average, in milliseconds. */
async function waitBeside(answer: Answer, ms: number): Promise<number> {
  const end = performance.now() + ms;
  const busy = Array.from({ length: AT_ONCE }, async () => {
    while (performance.now() < end) await answer();
  });
  const waits: number[] = [];
  while (performance.now() < end) {
    const due = performance.now() + OTHERS_EVERY_MS;
    await delay(OTHERS_EVERY_MS);
    waits.push(Math.max(0, performance.now() - due));
  }
  await Promise.all(busy);
  return waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
}
