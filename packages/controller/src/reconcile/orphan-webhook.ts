import { POLICY_KINDS } from '../api/names.ts';
import { policyId } from '../api/policy-id.ts';
import type { Policy } from '../cluster/objects.ts';
import { POLICY_NAME, POLICY_NAMESPACE } from '../desired/names.ts';
import { keyFor, type Context } from './context.ts';
import { removeWebhooks, webhooksNamed } from './policy-webhooks.ts';

/** A webhook configuration of ours: its policy looks after it; without one, it goes. */
export async function reconcileWebhook(context: Context, name: string): Promise<void> {
  const found = webhooksNamed(context, name);
  const annotations = found[0]?.metadata.annotations;
  const policyName = annotations?.[POLICY_NAME];
  // Our own configurations, and other people's, belong to no policy.
  if (policyName === undefined) return;
  const policy = ownerOf(context, name, policyName, annotations?.[POLICY_NAMESPACE] ?? '');
  if (policy === undefined) return removeWebhooks(context, [name]);
  context.enqueue(keyFor(policy.kind, policy.metadata.name, policy.metadata.namespace));
}

/** The policy of this name, if a configuration called `id` may be its own by either scheme. */
function ownerOf({ caches }: Context, id: string, name: string, namespace: string): Policy | undefined {
  const kind = POLICY_KINDS.find((one) =>
    (['dotted', 'dashed'] as const).some((scheme) => policyId(one, namespace, name, scheme) === id),
  );
  return kind === undefined ? undefined : caches.policies[kind].get(namespace === '' ? undefined : namespace, name);
}
