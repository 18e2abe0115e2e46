import type { KubeObject } from '@ostiary/kube';
import { listAt, numberAt, recordAt, textAt } from '../json.ts';
import type { PlannedPolicy } from '../plan/plan.ts';
import type { Finding } from './model.ts';
import { GENERATION_PROPERTY } from './resource.ts';

/**
 * Findings of an earlier report that still hold: the same object, the same policy, and a verdict. They count only where
 * the caller knows that nothing else has changed, such as other objects that a policy looks at.
 */
export function reusableFindings(
  report: KubeObject,
  object: KubeObject,
  policies: readonly PlannedPolicy[],
): ReadonlyMap<PlannedPolicy, Finding> {
  const scope = recordAt(report, 'scope');
  const { resourceVersion, uid } = object.metadata;
  const isSame = textAt(scope, 'resourceVersion') === resourceVersion && textAt(scope, 'uid') === uid;
  if (!isSame || resourceVersion === undefined) return new Map();
  const byPolicy = new Map(
    policies.map((planned) => [keyOf(planned.policy.uid, String(planned.policy.generation)), planned]),
  );
  return new Map(
    listAt(report, 'results').flatMap((result) => {
      const properties = recordAt(result, 'properties');
      const key = keyOf(textAt(properties, 'policy-uid'), textAt(properties, GENERATION_PROPERTY));
      const planned = byPolicy.get(key);
      const finding = planned === undefined ? undefined : readFinding(result, planned);
      return finding === undefined ? [] : [[finding.planned, finding] as const];
    }),
  );
}

function readFinding(result: unknown, planned: PlannedPolicy): Finding | undefined {
  const outcome = textAt(result, 'result');
  if (outcome !== 'pass' && outcome !== 'fail') return undefined;
  const at = numberAt(recordAt(result, 'timestamp'), 'seconds') ?? 0;
  return { planned, outcome, message: textAt(result, 'message') ?? '', at };
}

function keyOf(uid: string | undefined, generation: string | undefined): string {
  return `${uid ?? ''} ${generation ?? ''}`;
}
