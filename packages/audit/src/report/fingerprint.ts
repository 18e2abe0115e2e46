import { createHash } from 'node:crypto';
import type { Assignment } from '../plan/plan.ts';

/**
 * What the findings of an object depend on besides the object itself: which policies look at it, and their generations.
 * What policies read of other objects is not in it, which is why everything is evaluated anew from time to time.
 */
export function fingerprint(assignments: readonly Assignment[]): string {
  const parts = assignments.map(({ planned: { policy, disposition }, as }) =>
    [policy.uid, policy.generation, disposition.type, as.version].join(' '),
  );
  return createHash('sha256').update(parts.sort().join('\n')).digest('hex').slice(0, 32);
}
