import type { RunDocument } from '../document/document.ts';
import { SEVERITIES, type Severity } from '../policies/policy.ts';

/** Rejections of at least this severity; `any` and `info` are the same but for the word. */
export const FAIL_ON = ['any', ...SEVERITIES] as const;
export type FailOn = (typeof FAIL_ON)[number];

/**
 * Whether a run has violations that `failOn` speaks of. A policy without a severity counts at every level, and so does
 * an evaluation that ended without a verdict: what nobody has judged is not clean.
 */
export function hasViolations({ policies }: Pick<RunDocument, 'policies'>, failOn: FailOn): boolean {
  return policies.some(({ fail, error, severity }) => error > 0 || (fail > 0 && isAtLeast(severity, failOn)));
}

function isAtLeast(severity: Severity | undefined, failOn: FailOn): boolean {
  if (severity === undefined || failOn === 'any') return true;
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn);
}
