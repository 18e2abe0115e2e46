import type { AdmissionModule, Decision, GateAnswer, ModuleFailure } from '../module.ts';
import type { Notes } from './notes.ts';
import { ADMISSION_REVIEW, type AdmissionReview } from './request.ts';
import type { Explanation } from './verdict.ts';

/** A Status as the answer carries it. */
export interface Status extends Explanation {
  readonly status: 'Failure';
}

/** What a phase came to. */
export interface PhaseResult {
  readonly decision: Extract<Decision, 'allowed' | 'denied' | 'error'>;
  readonly status: Status | undefined;
  /** Base64 of a JSONPatch. */
  readonly patch: string | undefined;
}

/**
 * The Status of a denial. The code is the module's when it is an error's, or else 403; a 403 without a reason is
 * Forbidden. A denial that explains nothing says so and names its module; the API server puts its own words before it.
 */
export function denial(module: AdmissionModule, explanation: Explanation): Status {
  const own = explanation.code ?? 0;
  const code = own >= 400 && own <= 599 ? own : 403;
  const reason = explanation.reason || (code === 403 ? 'Forbidden' : '');
  const isExplained = Boolean(explanation.message) || Boolean(explanation.reason);
  const message = isExplained ? explanation.message : `denied by wasm module '${module.name}' without explanation`;
  return {
    status: 'Failure',
    ...(message ? { message } : {}),
    ...(reason ? { reason } : {}),
    ...(explanation.details === undefined ? {} : { details: explanation.details }),
    code,
  };
}

/** The Status of a failure that denies. */
export function failure({ module, message }: ModuleFailure): Status {
  return {
    status: 'Failure',
    message: `admission review failed in wasm module '${module}': ${message}`,
    reason: 'InternalError',
    code: 500,
  };
}

/** The AdmissionReview to send back, in the version asked. */
export function reviewAnswer(
  review: AdmissionReview,
  result: PhaseResult,
  notes: Notes,
  failures: readonly ModuleFailure[],
): GateAnswer {
  const { decision, status, patch } = result;
  const response = {
    uid: review.uid,
    allowed: decision === 'allowed',
    ...(patch === undefined ? {} : { patchType: 'JSONPatch', patch }),
    ...(status === undefined ? {} : { status }),
    ...(notes.auditAnnotations.size === 0 ? {} : { auditAnnotations: Object.fromEntries(notes.auditAnnotations) }),
    ...(notes.warnings.length === 0 ? {} : { warnings: notes.warnings }),
  };
  const { group, kind } = ADMISSION_REVIEW;
  const body = JSON.stringify({ kind, apiVersion: `${group}/${review.version}`, response });
  return { status: 200, body, decision, failures };
}
