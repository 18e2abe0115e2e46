import type { PolicyServer } from '../cluster/objects.ts';
import { deploymentSelector } from './names.ts';

const HOSTNAME = 'kubernetes.io/hostname';

/**
 * How the pods of a PolicyServer are spread. What it does not say: over nodes, but rather on one node than not at all. A
 * server of one pod has none, nor one that says so with an empty list.
 */
export function spreadOf({ metadata, spec }: PolicyServer): readonly object[] {
  const labelSelector = { matchLabels: deploymentSelector(metadata.name) };
  const given = spec.topologySpreadConstraints;
  if (given !== undefined) return given.map((one) => ({ labelSelector, ...one }));
  const most = Math.max(spec.replicas, spec.autoscaling?.maxReplicas ?? 0);
  return most > 1 ? [{ maxSkew: 1, topologyKey: HOSTNAME, whenUnsatisfiable: 'ScheduleAnyway', labelSelector }] : [];
}
