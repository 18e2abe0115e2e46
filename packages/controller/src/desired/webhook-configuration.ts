import { isNamespacedKind } from '../api/names.ts';
import { webhookName } from '../api/policy-id.ts';
import type { Policy, Webhook, WebhookConfiguration } from '../cluster/objects.ts';
import { objectName, POLICY_NAME, POLICY_NAMESPACE, STACK } from './names.ts';
import type { Desired } from './owned.ts';

const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

export interface WebhookInput {
  readonly policy: Policy;
  readonly id: string;
  /** Of the policy servers. */
  readonly namespace: string;
  /** PEM, in base64. */
  readonly caBundle: string;
  /** Whether the API server knows `matchConditions`. */
  readonly hasMatchConditions: boolean;
}

export function isMutating({ spec }: Policy): boolean {
  return spec.policies === undefined && spec.mutating === true;
}

/** The webhook configuration of a policy (contract: controller §5.4). */
export function webhookConfigurationOf(input: WebhookInput): Desired {
  const { policy, id, namespace, caBundle, hasMatchConditions } = input;
  const { kind, metadata, spec } = policy;
  const isNamespaced = isNamespacedKind(kind);
  const optional = {
    failurePolicy: spec.failurePolicy,
    matchPolicy: spec.matchPolicy,
    objectSelector: spec.objectSelector,
    timeoutSeconds: spec.timeoutSeconds,
    namespaceSelector: namespaceSelectorOf(policy, namespace),
    matchConditions: hasMatchConditions && (spec.matchConditions?.length ?? 0) > 0 ? spec.matchConditions : undefined,
  };
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: isMutating(policy) ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration',
    metadata: {
      name: id,
      labels: STACK,
      annotations: {
        [POLICY_NAME]: metadata.name,
        [POLICY_NAMESPACE]: isNamespaced ? (metadata.namespace ?? '') : '',
      },
    },
    webhooks: [
      {
        name: webhookName(id),
        clientConfig: {
          service: {
            namespace,
            name: objectName(spec.policyServer ?? ''),
            path: `/validate/${id}`,
            port: 443,
          },
          caBundle,
        },
        rules: spec.rules.map((rule) => (isNamespaced ? { ...rule, scope: 'Namespaced' } : rule)),
        sideEffects: spec.sideEffects ?? 'None',
        admissionReviewVersions: ['v1'],
        ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
      },
    ],
  };
}

/**
 * Policies of a namespace see that one. Policies of the cluster see what they select, but for the namespace of the policy
 * servers, unless they say so: a policy that refused its own server's pods could never be undone.
 */
function namespaceSelectorOf({ kind, metadata, spec }: Policy, namespace: string): unknown {
  if (isNamespacedKind(kind)) return { matchLabels: { [NAMESPACE_NAME]: metadata.namespace ?? '' } };
  const selector = spec.namespaceSelector;
  if (spec.allowInsideAdmissionControllerNamespace === true) return selector;
  return {
    ...(selector?.matchLabels === undefined ? {} : { matchLabels: selector.matchLabels }),
    matchExpressions: [
      { key: NAMESPACE_NAME, operator: 'NotIn', values: [namespace] },
      ...(selector?.matchExpressions ?? []),
    ],
  };
}

/** JSON Patch that puts another bundle into every webhook of a configuration; empty if all have it. */
export function bundlePatch(
  { webhooks = [] }: WebhookConfiguration,
  caBundle: string,
  isOurs: (webhook: Webhook) => boolean = () => true,
): readonly { readonly op: 'add'; readonly path: string; readonly value: string }[] {
  return webhooks.flatMap((webhook, index) =>
    isOurs(webhook) && webhook.clientConfig.caBundle !== caBundle
      ? [{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle } as const]
      : [],
  );
}
