import type { PolicyServer } from '../cluster/objects.ts';
import { commonLabels, podSelector, POLICY_SERVER_LABEL } from './names.ts';
import { ownedMeta, type Desired } from './owned.ts';

/** The PodDisruptionBudget of a PolicyServer; undefined if it wants none (contract: controller §3.3). */
export function budgetOf(server: PolicyServer, namespace: string): Desired | undefined {
  const { name } = server.metadata;
  const { minAvailable, maxUnavailable } = server.spec;
  if (minAvailable === undefined && maxUnavailable === undefined) return undefined;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: ownedMeta(server, namespace, { labels: commonLabels(name) }),
    spec: {
      selector: { matchLabels: { ...podSelector(name), [POLICY_SERVER_LABEL]: name } },
      ...(minAvailable === undefined ? { maxUnavailable } : { minAvailable }),
    },
  };
}
