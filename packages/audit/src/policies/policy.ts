import type { LabelSelector } from '@ostiary/kube';

export type PolicyKind =
  | 'ClusterAdmissionPolicy'
  | 'AdmissionPolicy'
  | 'ClusterAdmissionPolicyGroup'
  | 'AdmissionPolicyGroup';

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly string[];
  readonly resources: readonly string[];
  readonly scope: 'Cluster' | 'Namespaced' | '*';
}

export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** What of a policy an audit looks at (contract: controller §1.1, §8.2). */
export interface Policy {
  readonly kind: PolicyKind;
  /** Empty for the kinds of the cluster. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Counts changes of the spec; unlike the resource version, it stays when only the status is written. */
  readonly generation: number;
  readonly resourceVersion: string;
  readonly policyServer: string;
  readonly mode: 'protect' | 'monitor';
  readonly mutating: boolean;
  readonly contextAware: boolean;
  readonly backgroundAudit: boolean;
  /** Whether its webhook is in place; always true of policies read from files. */
  readonly active: boolean;
  readonly rules: readonly Rule[];
  readonly matchPolicy: 'Exact' | 'Equivalent';
  readonly matchConditions: readonly MatchCondition[];
  readonly failurePolicy: 'Fail' | 'Ignore';
  /** Absent: all objects. */
  readonly objectSelector: LabelSelector | undefined;
  readonly namespaceSelector: LabelSelector | undefined;
  readonly allowInsideDeploymentsNamespace: boolean;
  readonly timeoutMs: number;
  /** As the annotation has it; one that the report kinds don't know is left out. */
  readonly severity: Severity | undefined;
  readonly category: string | undefined;
  /** Annotation `io.artifacthub.displayName`. */
  readonly title: string | undefined;
}

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What tells policies apart, wherever they live. */
export type PolicyRef = Pick<Policy, 'kind' | 'namespace' | 'name'>;

export function isNamespacedPolicy({ kind }: Pick<Policy, 'kind'>): boolean {
  return kind === 'AdmissionPolicy' || kind === 'AdmissionPolicyGroup';
}

/** `ClusterAdmissionPolicy no-privileged`, `AdmissionPolicy team/no-privileged`: for messages. */
export function describePolicy({ kind, namespace, name }: PolicyRef): string {
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
}
