import {
  JUDGE_OPERATIONS,
  payloadOf,
  sampleInput,
  sampleRequest,
  type PayloadKind,
  type PolicyKind,
} from '@ostiary/policy';
import type { EvaluationPool } from '../evaluation/pool.ts';
import type { GuestSpec, Trial } from '../evaluation/protocol.ts';
import { OPERATIONS, type GateName } from './spec.ts';

/**
 * V8 compiles code better once it has run about 300 times (Rust and C sooner, Go at about 500); runs beyond that change
 * nothing that shows.
 */
const HOT_RUNS = 300;
/**
 * Enough to see past the first run, which compiles, and few enough for V8 to compile nothing better: that takes 15 ms of a
 * module of 300 KB.
 */
const FEW_RUNS = 10;
/** A module that is slower than this allows gets fewer runs, and runs on evaluation threads anyway. */
const LONGEST_MS = 500;
/** All trial runs together should not hold up readiness for longer than this; with hundreds of modules each gets less. */
const TOGETHER_MS = 2000;
/** Beyond this many, most will not be asked for a while, and readiness comes first. */
const HOT_MODULES = 16;

/** How often and for how long at most, in milliseconds, a module is tried. */
export interface TrialPlan extends Pick<Trial, 'runs' | 'limitMs'> {
  /** The same for a module that has been called while it was loaded, which is known to run. */
  readonly runsAfterCall: number;
}

/** How each of `modules` modules is tried. */
export function trialPlan(modules: number, threads: number): TrialPlan {
  const limitMs = Math.min(LONGEST_MS, Math.ceil((TOGETHER_MS * threads) / Math.max(1, modules)));
  return modules > HOT_MODULES
    ? { runs: FEW_RUNS, runsAfterCall: 0, limitMs }
    : { runs: HOT_RUNS, runsAfterCall: HOT_RUNS, limitMs };
}

/** What a module is asked in trial runs. */
export type Question = Pick<Trial, 'operation' | 'input'>;

/**
 * Trial runs of a module, so that its first real request meets hot code and it is known how long it takes.
 *
 * @returns The median time of a call in microseconds; undefined when the trial failed, which is no verdict on the
 *   module: a request about nothing that exists may be more than it takes.
 */
export async function warmModule(
  guest: GuestSpec,
  question: Question,
  pool: EvaluationPool,
  { runs, limitMs }: TrialPlan,
): Promise<number | undefined> {
  const outcome = await pool.warm(guest, { ...question, runs, limitMs });
  return outcome.ok ? outcome.micros : undefined;
}

/** What a module of a gate is asked in trial runs. */
export function trialOf(gate: GateName, module: TrialModule): Question {
  const { name, settings } = module;
  const input = sampleInput(payloadKindOf(gate, module), {
    name,
    settings,
    call: () => Promise.reject(new Error('not called')),
  });
  return { operation: OPERATIONS[gate], input };
}

/** What a policy is asked in trial runs. */
export function policyTrial(kind: PolicyKind, settings: string): Question {
  const { head, tail } = payloadOf(kind, settings);
  return { operation: JUDGE_OPERATIONS[kind], input: [head, sampleRequest(), tail] };
}

/** What is known of a module before it is loaded. */
export interface TrialModule {
  readonly name: string;
  readonly settings: string | undefined;
  /** Admission modules only. */
  readonly type?: string;
}

/** Modules with the same key behave the same in trial runs. */
export function trialKey({ imageKey, settings }: { imageKey: string; settings: string | undefined }): string {
  return JSON.stringify([imageKey, settings]);
}

function payloadKindOf(gate: GateName, { type }: TrialModule): PayloadKind {
  if (gate === 'authentication') return 'token-review';
  if (gate === 'authorization') return 'subject-access-review';
  return type === 'kubewarden' ? 'validation-request' : 'admission-review';
}
