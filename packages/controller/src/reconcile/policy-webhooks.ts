import { patch } from '@ostiary/kube';
import { FIELD_MANAGER } from '../cluster/applier.ts';
import type { WebhookConfiguration } from '../cluster/objects.ts';
import { base64 } from '../desired/secret.ts';
import { bundlePatch } from '../desired/webhook-configuration.ts';
import type { Context } from './context.ts';
import { webhookResource } from './webhook-configuration.ts';

/** Configurations of both kinds that have this name: a policy that began to mutate had one of the other kind before. */
export function webhooksNamed({ caches }: Context, id: string): readonly WebhookConfiguration[] {
  return [caches.validating, caches.mutating].flatMap((cache) => cache.get(undefined, id) ?? []);
}

/** Removes all webhook configurations of these names, and `others`. Some that are gone already are no problem. */
export async function removeWebhooks(
  context: Context,
  ids: readonly string[],
  others: readonly WebhookConfiguration[] = [],
): Promise<void> {
  const found = [...ids.flatMap((id) => webhooksNamed(context, id)), ...others];
  await Promise.all(found.map((live) => context.applier.drop(webhookResource(live.kind), live)));
}

/** Gives an otherwise untouched configuration the present bundle: it must outlive a rotation while its policy waits. */
export async function patchBundle({ client, trust }: Context, live: WebhookConfiguration): Promise<void> {
  const bundlePem = trust()?.bundlePem;
  if (bundlePem === undefined) return;
  const operations = bundlePatch(live, base64(bundlePem));
  if (operations.length === 0) return;
  const { name, resourceVersion } = live.metadata;
  const test = { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion };
  await patch(client, webhookResource(live.kind), { name }, [test, ...operations], {
    type: 'json',
    fieldManager: FIELD_MANAGER,
  });
}
