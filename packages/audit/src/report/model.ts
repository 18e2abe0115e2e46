import type { ApiResource, KubeObject } from '@ostiary/kube';
import type { PlannedPolicy } from '../plan/plan.ts';
import type { Severity } from '../policies/policy.ts';

export type Outcome = 'pass' | 'fail' | 'error';

/** What one policy says of one object. */
export interface Finding {
  readonly planned: PlannedPolicy;
  readonly outcome: Outcome;
  /** Of a rejection or an error; empty otherwise. */
  readonly message: string;
  /** When the policy was asked, in seconds since 1970. */
  readonly at: number;
}

export interface Summary {
  readonly pass: number;
  readonly fail: number;
  readonly warn: number;
  readonly error: number;
  readonly skip: number;
}

export const EMPTY_SUMMARY: Summary = { pass: 0, fail: 0, warn: 0, error: 0, skip: 0 };

/** What all policies say of one object, as of one moment. */
export interface ObjectReport {
  readonly object: KubeObject;
  readonly resource: ApiResource;
  readonly findings: readonly Finding[];
  /** Policies that would have judged this object, but take no part in audits or aren't active. */
  readonly skipped: number;
}

export function summaryOf({ findings, skipped }: Pick<ObjectReport, 'findings' | 'skipped'>): Summary {
  const count = (outcome: Outcome): number => findings.filter((finding) => finding.outcome === outcome).length;
  return { pass: count('pass'), fail: count('fail'), warn: 0, error: count('error'), skip: skipped };
}

export function addSummaries(a: Summary, b: Summary): Summary {
  return {
    pass: a.pass + b.pass,
    fail: a.fail + b.fail,
    warn: a.warn + b.warn,
    error: a.error + b.error,
    skip: a.skip + b.skip,
  };
}

/** A policy that only watches is never severe (contract: controller §8.4). */
export function severityOf({ policy }: PlannedPolicy): Severity | undefined {
  return policy.mode === 'monitor' ? 'info' : policy.severity;
}
