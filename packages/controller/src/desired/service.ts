import type { PolicyServer } from '../cluster/objects.ts';
import { DEFAULT_WEBHOOK_PORT } from '../api/names.ts';
import { commonLabels, podSelector, POLICY_SERVER_LABEL } from './names.ts';
import { ownedMeta, type Desired } from './owned.ts';

export interface ServiceOptions {
  readonly enableMetrics: boolean;
  readonly servicesMetricsPort: number;
}

/** The Service of a PolicyServer (contract: controller §3.5). Scanners rely on the webhook being its first port. */
export function serviceOf(server: PolicyServer, namespace: string, options: ServiceOptions): Desired {
  const { name } = server.metadata;
  const { webhookPort = DEFAULT_WEBHOOK_PORT, metricsPort } = server.spec;
  const metrics = {
    name: 'metrics',
    port: metricsPort ?? options.servicesMetricsPort,
    targetPort: options.servicesMetricsPort,
    protocol: 'TCP',
  };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMeta(server, namespace, { labels: { ...commonLabels(name), [POLICY_SERVER_LABEL]: name } }),
    spec: {
      type: 'ClusterIP',
      selector: podSelector(name),
      ports: [
        { name: 'policy-server', port: 443, targetPort: webhookPort, protocol: 'TCP' },
        ...(options.enableMetrics ? [metrics] : []),
      ],
    },
  };
}
