import type { HostCall } from './host-calls.ts';

/**
 * What came of one call into a guest. A failure is a value, never an exception: the caller decides what it means for
 * the gate (nothing is ever allowed because of one).
 */
export type Outcome = Completed | Failed | Awaiting;

/** The guest returned normally. */
export interface Completed {
  readonly ok: true;
  /** What it wrote: stdout (WASI) or the guest response (waPC). A fresh array that the caller owns. */
  readonly output: Uint8Array;
  /** Run time of the call alone, in microseconds. */
  readonly micros: number;
}

/** The guest did not return normally, or not in time, or not within its limits. */
export interface Failed {
  readonly ok: false;
  readonly failure: Failure;
  readonly micros: number;
}

/**
 * The guest asked its host something whose answer was not there yet, and the run was thrown away. No fault of the guest:
 * who has the answer repeats the call.
 */
export interface Awaiting extends Failed {
  readonly failure: Failure & { readonly code: 'awaiting-host' };
  readonly awaiting: HostCall;
}

export function isAwaiting(outcome: Outcome): outcome is Awaiting {
  return 'awaiting' in outcome;
}

/** Why a call failed. */
export interface Failure {
  readonly code: FailureCode;
  /** One sentence fit for a user: names the cause and the limit, never the input, a token or settings. */
  readonly message: string;
  /** What the guest wrote to stderr before it failed, cut at 4 KiB; "" when nothing. For logs, not for API clients. */
  readonly stderr: string;
}

export type FailureCode =
  /** The guest executed a trap (unreachable, out of bounds, division by zero…). */
  | 'trap'
  /** The guest called `proc_exit`, with whatever code. */
  | 'exit'
  /** The deadline passed. */
  | 'deadline'
  /** The guest asked for more memory than its limit, then gave up. */
  | 'memory-limit'
  /** The call stack overflowed. */
  | 'stack-overflow'
  /** The guest wrote more than the output limit. */
  | 'output-limit'
  /** waPC: the guest answered with an error text of its own, or with none. Rego: it aborted, or a builtin failed. */
  | 'guest-error'
  /** Rego: the module wants builtins that the host does not offer; the message names them. */
  | 'missing-builtin'
  /** The answer to a host call was not known yet; see {@link Awaiting}. */
  | 'awaiting-host'
  /** The guest asked its host more, or was told more, than one call may. */
  | 'host-limit'
  /** The thread that ran the call was lost, or had no room for it in time. */
  | 'unavailable';

/** Limits of one guest. */
export interface Limits {
  /** Wall time of one call in milliseconds. */
  readonly timeoutMs: number;
  /** Linear memory in bytes; rounded down to whole 64 KiB pages. */
  readonly memoryBytes: number;
  /** Bytes of stdout, or of the guest response. */
  readonly outputBytes: number;
}

/** 2 s as policy-server's default; 128 MiB holds a 16 MB Go guest with its heap; 8 MiB holds a 3 MiB object as base64 in an envelope. */
export const DEFAULT_LIMITS: Limits = {
  timeoutMs: 2000,
  memoryBytes: 128 * 1024 * 1024,
  outputBytes: 8 * 1024 * 1024,
};
