import type { KubeClient, WorkQueueMetrics } from '@ostiary/kube';
import type { Family } from '@ostiary/telemetry';
import { isNamespacedKind, POLICY_KINDS } from '../api/names.ts';
import type { Caches } from '../cluster/caches.ts';
import { idOf } from '../desired/policies.ts';
import { isMutating } from '../desired/webhook-configuration.ts';
import type { ControllerOptions } from './options.ts';

/** What the process counts of itself. */
export interface Readings {
  readonly isLeader: boolean;
  readonly queue: WorkQueueMetrics | undefined;
  /** Reconciles that ended well, and that failed, by kind. */
  readonly reconciles: ReadonlyMap<string, { readonly success: number; readonly error: number }>;
}

/** The family that has a sample for each policy. */
export const POLICIES = 'kubewarden_policy_total';

/** The metrics as they are now. The policies are counted, not how often they were looked at. */
export function readMetrics(
  caches: Caches,
  { idScheme }: Pick<ControllerOptions, 'idScheme'>,
  client: KubeClient,
  { isLeader, queue, reconciles }: Readings,
): readonly Family[] {
  const policies = POLICY_KINDS.flatMap((kind) => caches.policies[kind].list()).map((policy) => ({
    value: 1,
    labels: {
      name: idOf(policy, idScheme),
      policy_server: policy.spec.policyServer ?? '',
      module: policy.spec.module ?? '',
      mutating: String(isMutating(policy)),
      namespace: isNamespacedKind(policy.kind) ? (policy.metadata.namespace ?? '') : '',
      failure_policy: policy.spec.failurePolicy ?? '',
      policy_status: policy.status?.policyStatus ?? 'unknown',
    },
  }));
  const outcomes = [...reconciles].flatMap(([kind, counts]) =>
    (['success', 'error'] as const).map((result) => ({ value: counts[result], labels: { kind, result } })),
  );
  const requests = [...client.requests].map(([verb, value]) => ({ value, labels: { verb } }));
  return [
    family(POLICIES, 'gauge', 'Policies, each of which is one.', policies),
    family('ostiary_controller_leader', 'gauge', 'Whether this replica reconciles.', [{ value: Number(isLeader) }]),
    family('ostiary_controller_queue_depth', 'gauge', 'Things that wait to be looked at.', [
      { value: queue?.depth ?? 0 },
    ]),
    family('ostiary_controller_reconciles_total', 'counter', 'Looks at things, by kind and result.', outcomes),
    family('ostiary_controller_api_requests_total', 'counter', 'Requests to the API server, by verb.', requests),
  ];
}

function family(name: string, type: Family['type'], help: string, samples: Family['samples']): Family {
  return { name, type, help, samples };
}

/** Prometheus' text format, version 0.0.4. */
export function renderMetrics(families: readonly Family[]): string {
  return families.map(renderFamily).join('');
}

function renderFamily({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ value, labels = {} }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
