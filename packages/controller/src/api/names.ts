/** Names that the resources of the policy stack have (contract: controller §0, §1). */
export const POLICIES_GROUP = 'policies.kubewarden.io';

/** The group of the two resources that the policy stack has no equal of. */
export const OSTIARY_GROUP = 'ostiary.dev';

export type PolicyKind =
  | 'ClusterAdmissionPolicy'
  | 'AdmissionPolicy'
  | 'ClusterAdmissionPolicyGroup'
  | 'AdmissionPolicyGroup';

export type ModuleKind = 'AuthenticationModule' | 'AuthorizationModule';

export type ResourceKind = PolicyKind | ModuleKind | 'PolicyServer';

export const POLICY_KINDS: readonly PolicyKind[] = [
  'ClusterAdmissionPolicy',
  'AdmissionPolicy',
  'ClusterAdmissionPolicyGroup',
  'AdmissionPolicyGroup',
];

export function isNamespacedKind(kind: PolicyKind): boolean {
  return kind === 'AdmissionPolicy' || kind === 'AdmissionPolicyGroup';
}

export function isGroupKind(kind: PolicyKind): boolean {
  return kind === 'ClusterAdmissionPolicyGroup' || kind === 'AdmissionPolicyGroup';
}

export const FINALIZER = 'kubewarden.io/finalizer';
export const DEFAULT_POLICY_SERVER = 'default';

/** What a PolicyServer's Deployment, Service, ConfigMap, Secret, budget and container are called before its name. */
export const POLICY_SERVER_PREFIX = 'policy-server-';

/** Ports that a PolicyServer has when its spec names none. */
export const DEFAULT_WEBHOOK_PORT = 8443;
export const DEFAULT_READINESS_PORT = 8081;
