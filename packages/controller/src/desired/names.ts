import { POLICY_SERVER_PREFIX } from '../api/names.ts';

/** Names, labels and annotations of what belongs to a PolicyServer (contract: controller §0). */

export const PART_OF = 'app.kubernetes.io/part-of';
export const COMPONENT = 'app.kubernetes.io/component';
export const INSTANCE = 'app.kubernetes.io/instance';
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const POLICY_SERVER_LABEL = 'kubewarden/policy-server';
export const CONFIG_VERSION = 'kubewarden/config-version';
export const POLICY_NAME = 'kubewardenPolicyName';
export const POLICY_NAMESPACE = 'kubewardenPolicyNamespace';
export const CERT_FORMAT = 'kubewarden.io/cert-format-version';

/** The revision of the configuration in a ConfigMap: a hash of all its data. */
export const REVISION = 'ostiary.dev/revision';

/** What a pod says that it serves: JSON of {@link Acknowledgement}. */
export const SERVING = 'ostiary.dev/serving';

/** How policies reach the pods of a PolicyServer; said on it, wins over what its image's name suggests. */
export const DELIVERY = 'ostiary.dev/delivery';

/** What the whole stack carries, by which people find all webhooks (contract: controller §11). */
export const STACK = { [PART_OF]: 'kubewarden' } as const;

export function objectName(policyServer: string): string {
  return POLICY_SERVER_PREFIX + policyServer;
}

export function commonLabels(policyServer: string): Readonly<Record<string, string>> {
  return {
    [COMPONENT]: 'policy-server',
    [INSTANCE]: objectName(policyServer),
    [PART_OF]: 'kubewarden',
    [MANAGED_BY]: 'kubewarden-controller',
  };
}

/** What the Service and the budget find the pods by. */
export function podSelector(policyServer: string): Readonly<Record<string, string>> {
  return { [INSTANCE]: objectName(policyServer), [PART_OF]: 'kubewarden' };
}

/** What the Deployment finds its pods by; it can't be changed afterwards, so it is what it always was. */
export function deploymentSelector(policyServer: string): Readonly<Record<string, string>> {
  return { app: `kubewarden-${objectName(policyServer)}` };
}
