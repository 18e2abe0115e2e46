import type { CallSeed, HostAnswer, HostCall, Outcome } from '@ostiary/sandbox';

/** Who a request's guest asks (contract: policy-server §8). */
export interface Asker {
  /**
   * The answer, if it is here already and still good.
   *
   * @param key The call's content, as `keyOf` gives it: making it costs more than looking for it.
   */
  known(call: HostCall, key: string): HostAnswer | undefined;
  /** Fetches an answer. Never rejects: what went wrong is an answer of its own. */
  ask(call: HostCall, key: string): Promise<HostAnswer>;
  /** The guest logs something (`kubewarden/tracing/log`); told once, by the run whose answer counts. */
  log(call: HostCall): void;
}

/** What a policy may ask; the service checks it, the transport only carries it (contract: policy-server §2.2, §2.4). */
export interface HostGrants {
  /** Patterns of `namespace/operation`. */
  readonly hostCapabilities: readonly string[];
  /** Kinds that the policy may read. */
  readonly contextAwareResources: readonly { readonly apiVersion: string; readonly kind: string }[];
}

/** Whose question it is. */
export interface Questioner {
  /** The policy's name, for messages and reports. */
  readonly policy: string;
  readonly grants: HostGrants;
}

/** What an answer was made with: a slot of the versions, and its version before the answer was made. */
export interface Source {
  readonly slot: number;
  readonly version: number;
}

/** How long an answer may be given to the same policy's same question again. */
export type Validity =
  /** Once only. */
  | { readonly kind: 'once' }
  /** Until this time, in milliseconds since 1970, and no longer than `source` has its version, if it is given. */
  | { readonly kind: 'until'; readonly until: number; readonly source?: Source }
  /** As long as the slot of {@link file://./versions.ts} has this version, which was read before the answer was made. */
  | { readonly kind: 'version'; readonly slot: number; readonly version: number };

/** An answer, and how long it holds. */
export interface Answered {
  readonly answer: HostAnswer;
  readonly validity: Validity;
}

/**
 * What the capabilities bring: answers any host call, refusals included. May reject, which the guest is told of in
 * general words only. `signal` aborts when nobody waits any more.
 */
export type AnswerHostCall = (call: HostCall, questioner: Questioner, signal: AbortSignal) => Promise<Answered>;

/** Serving thread → service. */
export interface Question extends Questioner {
  readonly id: number;
  readonly call: HostCall;
}

/** Service → serving thread. */
export interface Reply extends Answered {
  readonly id: number;
}

/** What a run on another thread is given to answer its guest with: plain data. */
export interface CallFacts {
  readonly seed: CallSeed;
  /** What is left of the request's time, in milliseconds. */
  readonly limitMs: number;
  /** Answers by the key of their question. */
  readonly answers: readonly (readonly [key: string, answer: HostAnswer])[];
}

/** How a run elsewhere ended, and what its guest logged. */
export interface Evaluated {
  readonly outcome: Outcome;
  readonly said: readonly HostCall[];
}
