import { array, atomic, boolean, int32, int64, intOrString, map, object, required, string } from './schema.ts';
import { words } from './schema.ts';

/** Types of `core/v1` and `meta/v1` that our resources embed, with the members that those have. */

/** As resource.Quantity accepts it. */
export const QUANTITY_PATTERN =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

export const quantity = intOrString({ pattern: QUANTITY_PATTERN });
export const resourceList = map(quantity);

const expressions = atomic(object({ key: required(string()), operator: required(string()), values: atomic(string()) }));

export const labelSelector = object(
  { matchExpressions: expressions, matchLabels: map(string()) },
  { 'x-kubernetes-map-type': 'atomic' },
);

/** metav1.Condition with the bounds that the API itself gives it. */
export const condition = object({
  type: required(
    string({
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    }),
  ),
  status: required(words(['True', 'False', 'Unknown'])),
  observedGeneration: int64({ minimum: 0 }),
  lastTransitionTime: required(string({ format: 'date-time' })),
  reason: required(string({ minLength: 1, maxLength: 1024, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' })),
  message: required(string({ maxLength: 32_768 })),
});

export const conditions = array(condition, {
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
});

const keyReference = { key: required(string()), name: string({ default: '' }), optional: boolean() };
const atomicMap = { 'x-kubernetes-map-type': 'atomic' } as const;

export const envVar = object({
  name: required(string()),
  value: string(),
  valueFrom: object({
    configMapKeyRef: object(keyReference, atomicMap),
    secretKeyRef: object(keyReference, atomicMap),
    fieldRef: object({ apiVersion: string(), fieldPath: required(string()) }, atomicMap),
    resourceFieldRef: object({ containerName: string(), divisor: quantity, resource: required(string()) }, atomicMap),
    fileKeyRef: object(
      {
        key: required(string()),
        path: required(string()),
        volumeName: required(string()),
        optional: boolean({ default: false }),
      },
      atomicMap,
    ),
  }),
});

const appArmorProfile = object({ type: required(string()), localhostProfile: string() });
const seccompProfile = object({ type: required(string()), localhostProfile: string() });
const seLinuxOptions = object({ level: string(), role: string(), type: string(), user: string() });
const windowsOptions = object({
  gmsaCredentialSpec: string(),
  gmsaCredentialSpecName: string(),
  hostProcess: boolean(),
  runAsUserName: string(),
});

export const securityContext = object({
  allowPrivilegeEscalation: boolean(),
  appArmorProfile,
  capabilities: object({ add: atomic(string()), drop: atomic(string()) }),
  privileged: boolean(),
  procMount: string(),
  readOnlyRootFilesystem: boolean(),
  runAsGroup: int64(),
  runAsNonRoot: boolean(),
  runAsUser: int64(),
  seLinuxOptions,
  seccompProfile,
  windowsOptions,
});

export const podSecurityContext = object({
  appArmorProfile,
  fsGroup: int64(),
  fsGroupChangePolicy: string(),
  runAsGroup: int64(),
  runAsNonRoot: boolean(),
  runAsUser: int64(),
  seLinuxChangePolicy: string(),
  seLinuxOptions,
  seccompProfile,
  supplementalGroups: atomic(int64()),
  supplementalGroupsPolicy: string(),
  sysctls: atomic(object({ name: required(string()), value: required(string()) })),
  windowsOptions,
});

export const toleration = object({
  effect: string(),
  key: string(),
  operator: string(),
  tolerationSeconds: int64(),
  value: string(),
});

const nodeSelectorTerm = object({ matchExpressions: expressions, matchFields: expressions }, atomicMap);
const weight = required(int32());

const podAffinityTerm = object({
  labelSelector,
  matchLabelKeys: atomic(string()),
  mismatchLabelKeys: atomic(string()),
  namespaceSelector: labelSelector,
  namespaces: atomic(string()),
  topologyKey: required(string()),
});

const podTerms = {
  preferredDuringSchedulingIgnoredDuringExecution: atomic(
    object({ podAffinityTerm: required(podAffinityTerm), weight }),
  ),
  requiredDuringSchedulingIgnoredDuringExecution: atomic(podAffinityTerm),
};

export const affinity = object({
  nodeAffinity: object({
    preferredDuringSchedulingIgnoredDuringExecution: atomic(object({ preference: required(nodeSelectorTerm), weight })),
    requiredDuringSchedulingIgnoredDuringExecution: object(
      { nodeSelectorTerms: required(atomic(nodeSelectorTerm)) },
      atomicMap,
    ),
  }),
  podAffinity: object(podTerms),
  podAntiAffinity: object(podTerms),
});

export const topologySpreadConstraint = object({
  labelSelector,
  matchLabelKeys: atomic(string()),
  maxSkew: required(int32({ minimum: 1 })),
  minDomains: int32({ minimum: 1 }),
  nodeAffinityPolicy: words(['Honor', 'Ignore']),
  nodeTaintsPolicy: words(['Honor', 'Ignore']),
  topologyKey: required(string({ minLength: 1 })),
  whenUnsatisfiable: required(words(['DoNotSchedule', 'ScheduleAnyway'])),
});

/** networking.k8s.io/v1 NetworkPolicyPeer. */
export const networkPolicyPeer = object({
  ipBlock: object({ cidr: required(string()), except: atomic(string()) }),
  namespaceSelector: labelSelector,
  podSelector: labelSelector,
});

/** core/v1 ObjectReference, and whatever a later version adds to it. */
export const objectReference = object(
  {
    apiVersion: string(),
    fieldPath: string(),
    kind: string(),
    name: string(),
    namespace: string(),
    resourceVersion: string(),
    uid: string(),
  },
  atomicMap,
);
