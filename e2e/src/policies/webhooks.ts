import type { PolicyServer } from './server.ts';

const SECONDS = 15;

/**
 * A webhook configuration with one webhook per policy. Each is asked about ConfigMaps only that carry the policy's id as
 * their label `policy`, so that policies do not stand in each other's way.
 */
export function webhookConfiguration(
  kind: 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration',
  ids: readonly string[],
  { url, caPem }: Pick<PolicyServer, 'url' | 'caPem'>,
): object {
  const webhooks = ids.map((id) => ({
    name: `${id}.policies.test`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: 'Fail',
    timeoutSeconds: SECONDS,
    clientConfig: { url: `${url}/validate/${id}`, caBundle: Buffer.from(caPem).toString('base64') },
    objectSelector: { matchLabels: { policy: id } },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE', 'UPDATE'] }],
  }));
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: 'policies' }, webhooks };
}
