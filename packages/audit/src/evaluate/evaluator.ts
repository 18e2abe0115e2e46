import type { PlannedPolicy } from '../plan/plan.ts';

/** What a policy says of an object. */
export interface AdmissionResponse {
  readonly allowed: boolean;
  readonly status?: { readonly message?: string | undefined; readonly code?: number | undefined } | undefined;
}

/** Asks policies. An HTTP client of policy servers is one, guests in this process are another. */
export interface Evaluator {
  /**
   * `review` is an AdmissionReview as JSON. Throws EvaluationError when there is no verdict; anything else that it
   * throws counts as one as well.
   */
  readonly evaluate: (policy: PlannedPolicy, review: Uint8Array, signal?: AbortSignal) => Promise<AdmissionResponse>;
  readonly close?: () => Promise<void>;
}

export type EvaluationErrorCode =
  /** The policy server can't be reached, or says that it is overloaded; to ask again may help. */
  | 'unavailable'
  /** No answer in time. */
  | 'timeout'
  /** An answer that is no verdict. */
  | 'bad-answer'
  /** The server has no such policy. */
  | 'unknown-policy'
  /** The server says that the policy could not be evaluated. */
  | 'failed';

/** A policy that gave no verdict. `message` is fit for reports. */
export class EvaluationError extends Error {
  readonly code: EvaluationErrorCode;

  constructor(code: EvaluationErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EvaluationError';
    this.code = code;
  }
}
