import type { PolicyKind } from './names.ts';

/**
 * How policies are told apart in configurations, paths and webhooks (contract: controller §0, §12).
 * - `dotted`: `kw.ap.<namespace>.<name>`. Namespaces have no dots, so no two policies share one;
 * - `dashed`: `namespaced-<namespace>-<name>`, as releases before 2026-08 had it, for dashboards that know those. Two
 *   policies may share one: namespace `a-b` with name `c`, and namespace `a` with name `b-c`.
 */
export type PolicyIdScheme = 'dotted' | 'dashed';

const DOTTED: Readonly<Record<PolicyKind, string>> = {
  ClusterAdmissionPolicy: 'kw.cap',
  AdmissionPolicy: 'kw.ap',
  ClusterAdmissionPolicyGroup: 'kw.capg',
  AdmissionPolicyGroup: 'kw.apg',
};

const DASHED: Readonly<Record<PolicyKind, string>> = {
  ClusterAdmissionPolicy: 'clusterwide',
  AdmissionPolicy: 'namespaced',
  ClusterAdmissionPolicyGroup: 'clusterwide-group',
  AdmissionPolicyGroup: 'namespaced-group',
};

/** The ID of a policy; `namespace` is empty for cluster-scoped kinds and then left out. */
export function policyId(kind: PolicyKind, namespace: string, name: string, scheme: PolicyIdScheme = 'dotted'): string {
  const [prefix, separator] = scheme === 'dotted' ? [DOTTED[kind], '.'] : [DASHED[kind], '-'];
  return [prefix, ...(namespace === '' ? [] : [namespace]), name].join(separator);
}

/** Names of webhooks are domain names; this is what stands behind the policy's ID in ours. */
const WEBHOOK_SUFFIX = '.kubewarden.admission';

export function webhookName(id: string): string {
  return id + WEBHOOK_SUFFIX;
}
