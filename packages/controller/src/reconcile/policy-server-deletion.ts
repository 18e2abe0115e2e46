import type { WorkResult } from '@ostiary/kube';
import { policiesOf } from '../cluster/caches.ts';
import { POLICY_SERVERS } from '../cluster/kinds.ts';
import type { PolicyServer } from '../cluster/objects.ts';
import { idOf } from '../desired/policies.ts';
import { conditionsOf } from '../status/conditions.ts';
import { writeStatus } from '../status/write.ts';
import type { Context } from './context.ts';
import { removeFinalizers } from './finalizer.ts';
import { webhooksNamed } from './policy-webhooks.ts';

/** The webhooks' own events wake us; this is for those that got lost. */
const LOOK_AGAIN_MS = 2000;

/**
 * Lets a PolicyServer go once no webhook leads to it (contract: controller §3.7). Its policies stay, and wait for another
 * server of that name.
 */
export async function reconcileDeletion(context: Context, server: PolicyServer): Promise<WorkResult | void> {
  const { caches, client, clock, options } = context;
  const left = policiesOf(caches, server.metadata.name)
    .map((policy) => idOf(policy, options.idScheme))
    .filter((id) => webhooksNamed(context, id).length > 0);
  if (left.length === 0) return removeFinalizers(client, POLICY_SERVERS, server);
  const others = (server.status?.conditions ?? []).filter(({ type }) => type !== 'PolicyWebhooksCleanedUp');
  const finding = {
    type: 'PolicyWebhooksCleanedUp',
    status: 'False',
    reason: 'ReconciliationFailed',
    message: `webhooks still lead to this server: ${left.toSorted().join(', ')}`,
  } as const;
  const { generation } = server.metadata;
  const conditions = conditionsOf([finding], server.status?.conditions, generation, clock.date());
  await writeStatus(client, POLICY_SERVERS, server, { ...server.status, conditions: [...others, ...conditions] });
  return { requeueAfterMs: LOOK_AGAIN_MS };
}
