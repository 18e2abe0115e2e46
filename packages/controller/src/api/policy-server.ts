import {
  affinity,
  conditions,
  envVar,
  networkPolicyPeer,
  podSecurityContext,
  resourceList,
  securityContext,
  toleration,
  topologySpreadConstraint,
} from '../crd/core.ts';
import { array, boolean, describe, int32, intOrString, map, object, required, string } from '../crd/schema.ts';
import type { Infer, ValidationRule } from '../crd/schema.ts';
import { DEFAULT_READINESS_PORT, DEFAULT_WEBHOOK_PORT, POLICY_SERVER_PREFIX } from './names.ts';
import { observedGeneration } from './policy.ts';

/** The schema of PolicyServer (contract: controller §1.3). */

/** The Service is called `policy-server-<name>`, and names of Services have 63 characters: 63 − 14 = 49. */
export const MAX_POLICY_SERVER_NAME = 63 - POLICY_SERVER_PREFIX.length;

const port = int32({ minimum: 1, maximum: 65_535 });

/** The original has none of these three: an existing PolicyServer means what it meant. */
const autoscaling = describe(
  'Lets a HorizontalPodAutoscaler say how many pods there are. replicas then only counts until it does.',
  object(
    {
      minReplicas: int32({ minimum: 1, default: 1 }),
      maxReplicas: required(int32({ minimum: 1 })),
      targetCPUUtilizationPercentage: describe(
        'The average CPU of all pods, in percent of what they request. requests.cpu must be set for it.',
        int32({ minimum: 1, maximum: 1000, default: 80 }),
      ),
    },
    {
      'x-kubernetes-validations': [
        {
          rule: '!has(self.minReplicas) || self.minReplicas <= self.maxReplicas',
          message: 'must not be less than minReplicas',
          fieldPath: '.maxReplicas',
          reason: 'FieldValueInvalid',
        },
      ],
    },
  ),
);

const topologySpreadConstraints = describe(
  'How pods are spread. Unset: over nodes, where that is possible. A constraint without a labelSelector is about the pods of this server.',
  array(topologySpreadConstraint, { maxItems: 16 }),
);

const networkPolicy = describe(
  'Lets nothing reach the pods but their webhook, their probe and their metrics.',
  object({
    enabled: boolean({ default: false }),
    from: describe(
      'Who may call the webhook. Unset: everybody, because the address of an API server is often nothing that a selector can name.',
      array(networkPolicyPeer, { maxItems: 64 }),
    ),
  }),
);

const RULES: readonly ValidationRule[] = [
  {
    rule: '!(has(self.minAvailable) && has(self.maxUnavailable))',
    message: 'minAvailable and maxUnavailable can not both be set',
    reason: 'FieldValueInvalid',
  },
  {
    rule: `(has(self.webhookPort) ? self.webhookPort : ${DEFAULT_WEBHOOK_PORT}) != (has(self.readinessProbePort) ? self.readinessProbePort : ${DEFAULT_READINESS_PORT})`,
    message: 'must differ from the port of the webhook',
    fieldPath: '.readinessProbePort',
    reason: 'FieldValueInvalid',
  },
];

/** A rule of the whole object, since only there its name can be seen. */
export const POLICY_SERVER_NAME_RULES: readonly ValidationRule[] = [
  {
    rule: `size(self.metadata.name) <= ${MAX_POLICY_SERVER_NAME} && !self.metadata.name.contains('.')`,
    message: `the name must have at most ${MAX_POLICY_SERVER_NAME} characters and no dots, so that its Service can be named after it`,
    reason: 'FieldValueInvalid',
  },
];

const original = {
  image: describe('The image of the policy server.', required(string())),
  replicas: required(int32()),
  annotations: map(string()),
  env: array(envVar),
  serviceAccountName: describe('The service account of the pods, whose rights context-aware policies have.', string()),
  imagePullSecret: describe('A Secret of type kubernetes.io/dockerconfigjson, for pulling policies.', string()),
  insecureSources: describe('Registries that are spoken to without TLS, or without checking it.', array(string())),
  sourceAuthorities: describe('Certificates in PEM that are trusted for a registry.', map(array(string()))),
  verificationConfig: describe('A ConfigMap whose key verification-config says which signatures are wanted.', string()),
};

export const policyServerSpecAlpha = object(original);

export const policyServerSpec = object(
  {
    ...original,
    minAvailable: intOrString(),
    maxUnavailable: intOrString(),
    labels: map(string()),
    sigstoreTrustConfig: describe('A ConfigMap whose key sigstore-trust-config is a ClientTrustConfig.', string()),
    securityContexts: object({ container: securityContext, pod: podSecurityContext }),
    affinity,
    tolerations: array(toleration),
    priorityClassName: string(),
    limits: resourceList,
    requests: resourceList,
    namespacedPoliciesCapabilities: describe(
      'What policies of namespaces may ask of their host, such as oci/*. Unset: everything; an empty list: nothing.',
      array(string()),
    ),
    webhookPort: port,
    readinessProbePort: port,
    metricsPort: port,
    autoscaling,
    topologySpreadConstraints,
    networkPolicy,
  },
  { 'x-kubernetes-validations': RULES },
);

export const policyServerStatus = object({
  conditions: required(conditions),
  observedGeneration,
  policies: describe(
    'Policies that are bound to this server.',
    object({
      total: required(int32({ minimum: 0 })),
      active: required(int32({ minimum: 0 })),
      failed: required(int32({ minimum: 0 })),
    }),
  ),
  revision: describe('The revision of the configuration that pods ought to have.', string({ maxLength: 253 })),
});

export type PolicyServerSpec = Infer<typeof policyServerSpec>;
export type PolicyServerStatus = Infer<typeof policyServerStatus>;
