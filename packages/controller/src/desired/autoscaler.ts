import type { PolicyServer } from '../cluster/objects.ts';
import { commonLabels, objectName } from './names.ts';
import { ownedMeta, type Desired } from './owned.ts';

/** The HorizontalPodAutoscaler of a PolicyServer; undefined if it wants none. */
export function autoscalerOf(server: PolicyServer, namespace: string): Desired | undefined {
  const { name } = server.metadata;
  const { autoscaling } = server.spec;
  if (autoscaling === undefined) return undefined;
  // The schema's defaults, for objects that were stored before it had them.
  const { minReplicas = 1, maxReplicas, targetCPUUtilizationPercentage = 80 } = autoscaling;
  const target = { type: 'Utilization', averageUtilization: targetCPUUtilizationPercentage };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: ownedMeta(server, namespace, { labels: commonLabels(name) }),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: objectName(name) },
      minReplicas,
      maxReplicas,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    },
  };
}
