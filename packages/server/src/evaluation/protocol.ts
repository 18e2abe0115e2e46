import type { CompileOptions, DataDocument, GuestImage, HostCall, Outcome } from '@ostiary/sandbox';
import type { CallFacts } from '../hostcalls/contract.ts';
import type { InventorySpec } from '../hostcalls/inventory.ts';

/** A guest as an evaluation thread is told of it; all of it can be cloned between threads. */
export interface GuestSpec {
  /** Unique in the process, never used again. */
  readonly key: number;
  readonly image: GuestImage;
  readonly timeoutMs: number;
  /** Of Rego modules; default `{}`. */
  readonly data?: DataDocument | undefined;
  /** Of Rego modules that see the cluster: their data document comes with each call. */
  readonly inventory?: InventorySpec | undefined;
}

/** Bytes that a thread has refused to compile: the message of a SandboxError, and its code. */
export interface CompileRefusal {
  readonly code: string;
  readonly message: string;
}

/** What a guest is asked in trial runs, how often, and for how long at most. */
export interface Trial {
  readonly operation: string;
  readonly input: readonly Uint8Array[];
  readonly runs: number;
  readonly limitMs: number;
}

export type Job =
  | {
      readonly type: 'call';
      readonly key: number;
      readonly operation: string;
      readonly input: readonly Uint8Array[];
      /** What the guest's host calls are answered with; undefined: they are refused. */
      readonly facts: CallFacts | undefined;
      /** What is left of the request's time, for the guest's start and its run together; default: the guest's limits. */
      readonly limitMs?: number;
      /** Runs that follow a call that went well. */
      readonly trial?: Trial;
    }
  /** Repeats a call until `runs` or `limitMs` is reached; the result is the median time, or the first failure. */
  | ({ readonly type: 'warm'; readonly key: number } & Trial)
  | {
      readonly type: 'compile';
      readonly bytes: Uint8Array;
      readonly options: CompileOptions;
      readonly trial: Pick<Trial, 'operation' | 'input'>;
    };

export type JobResult =
  /** With what the guest has logged, if there was someone to listen. */
  | {
      readonly type: 'outcome';
      readonly outcome: Outcome;
      readonly said?: readonly HostCall[];
      /** Of the runs that followed, if they went well: the median time. */
      readonly usualMicros?: number | undefined;
    }
  | { readonly type: 'image'; readonly image: GuestImage }
  | { readonly type: 'refused'; readonly refusal: CompileRefusal };

/** Main thread → evaluation thread. A thread works on one job at a time, in the order they come. */
export type ToThread =
  | { readonly type: 'add'; readonly guests: readonly GuestSpec[] }
  | { readonly type: 'remove'; readonly keys: readonly number[] }
  | { readonly type: 'job'; readonly job: Job };

/** Evaluation thread → main thread. */
export type FromThread = { readonly type: 'done'; readonly result: JobResult };

/** What a thread is born with: its control page, which outlives its guests. */
export interface ThreadData {
  readonly control: WebAssembly.Memory;
}
