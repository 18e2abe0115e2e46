import { OSTIARY_GROUP, POLICIES_GROUP, POLICY_KINDS, type ModuleKind } from '../api/names.ts';
import { STACK } from './names.ts';
import type { Desired } from './owned.ts';

/** The kinds that our own webhooks look at, with their plurals. */
const PLURALS: Readonly<Record<string, string>> = {
  PolicyServer: 'policyservers',
  AdmissionPolicy: 'admissionpolicies',
  ClusterAdmissionPolicy: 'clusteradmissionpolicies',
  AdmissionPolicyGroup: 'admissionpolicygroups',
  ClusterAdmissionPolicyGroup: 'clusteradmissionpolicygroups',
  AuthenticationModule: 'authenticationmodules',
  AuthorizationModule: 'authorizationmodules',
};

/** The original's kinds, which are defaulted and validated. */
const ORIGINAL_KINDS = ['PolicyServer', ...POLICY_KINDS] as const;

/** Defaults of our own kinds are in their schemas. */
const VALIDATED_KINDS = [...ORIGINAL_KINDS, 'AuthenticationModule', 'AuthorizationModule'] as const;

export type WebhookPhase = 'mutate' | 'validate';

/** What each phase has webhooks for. */
export const WEBHOOK_KINDS = { mutate: ORIGINAL_KINDS, validate: VALIDATED_KINDS } as const;

const API = {
  original: { group: POLICIES_GROUP, version: 'v1' },
  own: { group: OSTIARY_GROUP, version: 'v1alpha1' },
} as const;

const OWN: readonly string[] = ['AuthenticationModule', 'AuthorizationModule'] satisfies readonly ModuleKind[];

function apiOf(kind: string): (typeof API)[keyof typeof API] {
  return OWN.includes(kind) ? API.own : API.original;
}

/** As the original calls them (contract: controller §2): `/validate-policies-kubewarden-io-v1-policyserver`. */
export function ownPath(phase: WebhookPhase, kind: string): string {
  const { group, version } = apiOf(kind);
  return `/${phase}-${group.replaceAll('.', '-')}-${version}-${kind.toLowerCase()}`;
}

const NAMES = {
  mutate: ['MutatingWebhookConfiguration', 'kubewarden-controller-mutating-webhook-configuration'],
  validate: ['ValidatingWebhookConfiguration', 'kubewarden-controller-validating-webhook-configuration'],
} as const;

export const OWN_CONFIGURATIONS: readonly string[] = [NAMES.mutate[1], NAMES.validate[1]];

export interface OwnWebhookInput {
  readonly namespace: string;
  readonly serviceName: string;
  /** PEM, in base64. */
  readonly caBundle: string;
  readonly hasMatchConditions: boolean;
}

/**
 * What our webhooks have nothing to say about is not sent to them: objects that are on their way out must be able to go
 * while the controller is down.
 */
const NOT_GOING = { name: 'not-being-deleted', expression: '!has(object.metadata.deletionTimestamp)' };

/** One of the controller's own webhook configurations (contract: controller §2). */
export function ownWebhooksOf(phase: WebhookPhase, input: OwnWebhookInput): Desired {
  const [kind, name] = NAMES[phase];
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name, labels: STACK },
    webhooks: WEBHOOK_KINDS[phase].map((of) => ({
      name: `${phase === 'mutate' ? 'm' : 'v'}${of.toLowerCase()}.kb.io`,
      admissionReviewVersions: ['v1'],
      clientConfig: {
        service: { namespace: input.namespace, name: input.serviceName, path: ownPath(phase, of), port: 443 },
        caBundle: input.caBundle,
      },
      failurePolicy: 'Fail',
      sideEffects: 'None',
      rules: [
        {
          apiGroups: [apiOf(of).group],
          apiVersions: [apiOf(of).version],
          operations: ['CREATE', 'UPDATE'],
          resources: [PLURALS[of]],
        },
      ],
      ...(input.hasMatchConditions ? { matchConditions: [NOT_GOING] } : {}),
    })),
  };
}
