import { create, get, isKubeError, patch, type ApiResource, type KubeClient } from '@ostiary/kube';
import { FIELD_MANAGER } from '../cluster/applier.ts';
import { MUTATING, VALIDATING } from '../cluster/kinds.ts';
import type { Webhook, WebhookConfiguration } from '../cluster/objects.ts';
import type { Desired } from '../desired/owned.ts';
import { canonicalJson } from '../desired/policies.ts';

export function webhookResource(kind: string): ApiResource {
  return kind === 'MutatingWebhookConfiguration' ? MUTATING : VALIDATING;
}

/**
 * Makes a webhook configuration exactly what it should be. Nothing is left to others here: one match condition more would
 * switch a policy off. Resolves with whether anything was written.
 */
export async function replaceWebhooks(
  client: KubeClient,
  desired: Desired,
  live: WebhookConfiguration | undefined,
): Promise<boolean> {
  const resource = webhookResource(desired.kind);
  if (live === undefined) {
    const isNew = await createUnlessThere(client, resource, desired);
    if (isNew) return true;
    // It is there without the label by which the cache finds it.
    return replaceWebhooks(client, desired, await get(client, resource, { name: desired.metadata.name }));
  }
  if (fingerprint(live) === fingerprint(desired)) return false;
  const { name, resourceVersion } = live.metadata;
  const metadata = {
    resourceVersion,
    labels: exactly(desired.metadata.labels, live.metadata.labels),
    annotations: exactly(desired.metadata.annotations, live.metadata.annotations),
  };
  const body = { metadata, webhooks: desired['webhooks'] };
  await patch(client, resource, { name }, body, { fieldManager: FIELD_MANAGER });
  return true;
}

async function createUnlessThere(client: KubeClient, resource: ApiResource, desired: Desired): Promise<boolean> {
  try {
    await create(client, resource, desired, { fieldManager: FIELD_MANAGER });
    return true;
  } catch (error) {
    if (isKubeError(error, 'already-exists')) return false;
    throw error;
  }
}

/** A merge patch that leaves nothing but `wanted`. */
function exactly(
  wanted: Readonly<Record<string, string>> = {},
  present: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string | null>> {
  const gone = Object.keys(present).map((name) => [name, null] as const);
  return { ...Object.fromEntries(gone), ...wanted };
}

/** Everything that counts, with the API server's defaults filled in and what is empty left out. */
function fingerprint({ kind, metadata, ...rest }: WebhookConfiguration | Desired): string {
  const webhooks = ('webhooks' in rest && Array.isArray(rest.webhooks) ? rest.webhooks : []) as readonly Webhook[];
  return canonicalJson({
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    webhooks: webhooks.map((webhook) => completed(webhook, kind)),
  });
}

function completed(webhook: Webhook, kind: string): unknown {
  const { rules, clientConfig } = webhook;
  const service = { path: '', port: 443, ...clientConfig.service };
  return {
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    timeoutSeconds: 10,
    ...(kind === 'MutatingWebhookConfiguration' ? { reinvocationPolicy: 'Never' } : {}),
    ...Object.fromEntries(Object.entries(webhook).filter(([, value]) => !isEmpty(value))),
    namespaceSelector: selector(webhook['namespaceSelector']),
    objectSelector: selector(webhook['objectSelector']),
    clientConfig: { ...clientConfig, service },
    rules: (Array.isArray(rules) ? rules : []).map((rule: object) => ({ scope: '*', ...rule })),
  };
}

function selector(value: unknown): unknown {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([, member]) => !isEmpty(member)))
    : {};
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
