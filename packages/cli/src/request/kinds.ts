/** Names of a kind that a request needs and an object does not tell. */
export interface KindNames {
  /** As in paths, such as `networkpolicies`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** What is known of a kind, and whether it is only a guess. */
export interface KnownKind extends KindNames {
  readonly guessed: boolean;
}

/** Finds the names of a kind. Undefined: unknown, a guess will have to do. */
export type FindKind = (apiVersion: string, kind: string) => Promise<KindNames | undefined>;

/** The kinds of a stock API server by group; those behind the bar are not in a namespace. */
const BUILT_IN: Readonly<Record<string, string>> = {
  '': 'Binding ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount | ComponentStatus Namespace Node PersistentVolume',
  'admissionregistration.k8s.io':
    '| MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration',
  'apiextensions.k8s.io': '| CustomResourceDefinition',
  'apiregistration.k8s.io': '| APIService',
  apps: 'ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet |',
  'authentication.k8s.io': '| SelfSubjectReview TokenReview',
  'authorization.k8s.io':
    'LocalSubjectAccessReview | SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview',
  autoscaling: 'HorizontalPodAutoscaler |',
  batch: 'CronJob Job |',
  'certificates.k8s.io': '| CertificateSigningRequest ClusterTrustBundle',
  'coordination.k8s.io': 'Lease LeaseCandidate |',
  'discovery.k8s.io': 'EndpointSlice |',
  'events.k8s.io': 'Event |',
  'flowcontrol.apiserver.k8s.io': '| FlowSchema PriorityLevelConfiguration',
  'gateway.networking.k8s.io': 'GRPCRoute Gateway HTTPRoute ReferenceGrant | GatewayClass',
  'networking.k8s.io': 'Ingress NetworkPolicy | IPAddress IngressClass ServiceCIDR',
  'node.k8s.io': '| RuntimeClass',
  policy: 'Eviction PodDisruptionBudget |',
  'policies.kubewarden.io':
    'AdmissionPolicy AdmissionPolicyGroup | ClusterAdmissionPolicy ClusterAdmissionPolicyGroup PolicyServer',
  'rbac.authorization.k8s.io': 'Role RoleBinding | ClusterRole ClusterRoleBinding',
  'resource.k8s.io': 'ResourceClaim ResourceClaimTemplate | DeviceClass ResourceSlice',
  'scheduling.k8s.io': '| PriorityClass',
  'storage.k8s.io': 'CSIStorageCapacity | CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass',
};

/** Plural names that the rules of the language do not give. */
const IRREGULAR: Readonly<Record<string, string>> = { Endpoints: 'endpoints' };

/** A kind of a stock API server. */
export interface BuiltInKind {
  readonly group: string;
  readonly kind: string;
  readonly names: KindNames;
}

export const BUILT_IN_KINDS: readonly BuiltInKind[] = Object.entries(BUILT_IN).flatMap(([group, text]) => {
  const [inside = '', outside = ''] = text.split('|');
  return [...kindsOf(group, inside, true), ...kindsOf(group, outside, false)];
});

function kindsOf(group: string, text: string, namespaced: boolean): readonly BuiltInKind[] {
  const kinds = text.split(' ').filter((kind) => kind !== '');
  return kinds.map((kind) => ({ group, kind, names: { plural: pluralOf(kind), namespaced } }));
}

const TABLE: ReadonlyMap<string, KindNames> = new Map(
  BUILT_IN_KINDS.map(({ group, kind, names }) => [`${group}/${kind}`, names]),
);

/** The names of a kind that every API server has. */
export function builtInKind(apiVersion: string, kind: string): KindNames | undefined {
  return TABLE.get(`${groupOf(apiVersion).group}/${kind}`);
}

/** The plural that a resource most likely has, as tools that generate resources make it. */
export function pluralOf(kind: string): string {
  const word = kind.toLowerCase();
  if (Object.hasOwn(IRREGULAR, kind)) return IRREGULAR[kind]!;
  if (/(?:s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

/** The group and version of an `apiVersion`; the core group is empty. */
export function groupOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1) };
}
