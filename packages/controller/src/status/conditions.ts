import type { Condition } from '../api/policy.ts';

/** A condition before it is known whether it is news. */
export interface Finding {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** In CamelCase. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
}

/** The schema's bound, with room for characters of several bytes. */
const MAX_MESSAGE = 8192;

/** Conditions as they are written: the time of a transition is that of a change of status, and of nothing else. */
export function conditionsOf(
  findings: readonly Finding[],
  before: readonly Condition[] | undefined,
  observedGeneration: number | undefined,
  now: Date,
): readonly Condition[] {
  return findings.map(({ type, status, reason, message }) => {
    const old = before?.find((condition) => condition.type === type);
    return {
      type,
      status,
      reason,
      message: message.slice(0, MAX_MESSAGE),
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : timestamp(now),
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
    };
  });
}

/** `metav1.Time`, which has whole seconds. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
