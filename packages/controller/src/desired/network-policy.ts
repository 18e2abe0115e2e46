import { DEFAULT_READINESS_PORT, DEFAULT_WEBHOOK_PORT } from '../api/names.ts';
import type { PolicyServer } from '../cluster/objects.ts';
import { commonLabels, deploymentSelector } from './names.ts';
import { ownedMeta, type Desired } from './owned.ts';

export interface NetworkPolicyOptions {
  readonly enableMetrics: boolean;
  readonly servicesMetricsPort: number;
}

/**
 * The NetworkPolicy of a PolicyServer; undefined if it wants none. Nothing is said about what the pods may call: registries,
 * the API server, and whatever policies ask of their host.
 *
 * Probes come from nodes and metrics from anywhere in the cluster, so that `from` is about the webhook alone.
 */
export function networkPolicyOf(
  server: PolicyServer,
  namespace: string,
  options: NetworkPolicyOptions,
): Desired | undefined {
  const { name } = server.metadata;
  const {
    networkPolicy,
    webhookPort = DEFAULT_WEBHOOK_PORT,
    readinessProbePort = DEFAULT_READINESS_PORT,
  } = server.spec;
  if (networkPolicy?.enabled !== true) return undefined;
  const { from } = networkPolicy;
  const open = [readinessProbePort, ...(options.enableMetrics ? [options.servicesMetricsPort] : [])];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: ownedMeta(server, namespace, { labels: commonLabels(name) }),
    spec: {
      podSelector: { matchLabels: deploymentSelector(name) },
      policyTypes: ['Ingress'],
      ingress: [
        // An empty list would be everybody to Kubernetes; who writes one means nobody.
        ...(from === undefined ? [{ ports: [tcp(webhookPort)] }] : []),
        ...(from !== undefined && from.length > 0 ? [{ from, ports: [tcp(webhookPort)] }] : []),
        { ports: open.map(tcp) },
      ],
    },
  };
}

function tcp(port: number): object {
  return { protocol: 'TCP', port };
}
