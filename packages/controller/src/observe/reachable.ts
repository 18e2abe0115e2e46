import type { ServingPod } from './acknowledgement.ts';
import type { Revision } from './history.ts';

/** Where the present version of a policy is served (contract: controller §5.3, §13 Q2, Q9, Q10). */
export interface Reach {
  /** Whether every pod that gets requests serves it. */
  readonly isServed: boolean;
  /** Pods that get requests and serve it. */
  readonly ready: number;
  /** Pods that get requests. */
  readonly total: number;
  /** The mode in which pods have the policy, in whatever version; undefined if they differ or nothing is known. */
  readonly mode: 'protect' | 'monitor' | undefined;
  /** Why this version can't be served; undefined if nothing is known to be wrong with it. */
  readonly failure: string | undefined;
  /** Why a pod does not start, which need not be the policy's fault. */
  readonly trouble: string | undefined;
  /** What the pods that serve it have loaded, if it is one thing. */
  readonly revision: string | undefined;
}

/**
 * Judges one policy. Pods that are not ready get no requests and don't count, so neither scaling up nor an evicted pod
 * holds a policy back; without any ready pod nothing is served.
 */
export function reachOf(
  id: string,
  hash: string,
  pods: readonly ServingPod[],
  find: (revision: string) => Revision | undefined,
): Reach {
  const seen = pods.map((pod) => {
    const revised = pod.acknowledged === undefined ? undefined : find(pod.acknowledged.revision)?.get(id);
    const isCurrent = revised?.hash === hash;
    const failure = isCurrent ? pod.acknowledged?.failed[id] : refusalOf(id, hash, pod, find);
    return { pod, revised, failure, serves: isCurrent && failure === undefined };
  });
  const ready = seen.filter(({ pod }) => pod.isReady);
  const serving = ready.filter(({ serves }) => serves);
  const failing = seen.find(({ failure }) => failure !== undefined);
  const modes = new Set(ready.map(({ revised }) => revised?.mode));
  const revisions = new Set(serving.map(({ pod }) => pod.acknowledged?.revision));
  const [mode] = modes;
  const [revision] = revisions;
  return {
    isServed: ready.length > 0 && serving.length === ready.length,
    ready: serving.length,
    total: ready.length,
    mode: modes.size === 1 ? mode : undefined,
    failure: failing === undefined ? undefined : `pod ${failing.pod.name}: ${failing.failure}`,
    trouble: troubleOf(pods),
    revision: revisions.size === 1 ? revision : undefined,
  };
}

/** Why a pod does not take on the revision in which the policy is as it is now. */
function refusalOf(
  id: string,
  hash: string,
  { acknowledged }: ServingPod,
  find: (revision: string) => Revision | undefined,
): string | undefined {
  const refused = acknowledged?.refused;
  return refused !== undefined && find(refused.revision)?.get(id)?.hash === hash ? refused.reason : undefined;
}

export function troubleOf(pods: readonly ServingPod[]): string | undefined {
  const pod = pods.find(({ trouble }) => trouble !== undefined);
  return pod === undefined ? undefined : `pod ${pod.name}: ${pod.trouble}`;
}
