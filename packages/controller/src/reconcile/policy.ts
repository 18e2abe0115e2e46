import { isKubeError, type WorkResult } from '@ostiary/kube';
import { isNamespacedKind, type PolicyKind } from '../api/names.ts';
import { policyId } from '../api/policy-id.ts';
import { POLICY_RESOURCES } from '../cluster/kinds.ts';
import type { Policy, PolicyServer, WebhookConfiguration } from '../cluster/objects.ts';
import { BY_SERVER } from '../cluster/caches.ts';
import { base64 } from '../desired/secret.ts';
import { canonicalJson, entryOf, hashOf, idOf } from '../desired/policies.ts';
import { webhookConfigurationOf } from '../desired/webhook-configuration.ts';
import { servingPods } from '../observe/acknowledgement.ts';
import { reachOf, type Reach } from '../observe/reachable.ts';
import { messageOf } from '../process/log.ts';
import { policyStatusFor, type PolicyState } from '../status/policy.ts';
import { writeStatus } from '../status/write.ts';
import type { Context } from './context.ts';
import { addFinalizer, removeFinalizers } from './finalizer.ts';
import { patchBundle, removeWebhooks, webhooksNamed } from './policy-webhooks.ts';
import { replaceWebhooks } from './webhook-configuration.ts';

/** A server is looked at in milliseconds. */
const LOOK_AGAIN_MS = 50;

/** Makes one policy of any kind enforced as far as its server serves it, and says how far that is (contract: controller §5). */
export async function reconcilePolicy(
  context: Context,
  kind: PolicyKind,
  namespace: string,
  name: string,
): Promise<WorkResult | void> {
  const { caches, client, clock } = context;
  const policy = caches.policies[kind].get(namespace, name);
  if (policy === undefined) {
    // What is left of a policy that went without waiting for us.
    return removeWebhooks(context, idsFor(context, kind, isNamespacedKind(kind) ? namespace : '', name));
  }
  const resource = POLICY_RESOURCES[kind];
  if (policy.metadata.deletionTimestamp !== undefined) {
    await removeWebhooks(context, idsOf(context, policy));
    return removeFinalizers(client, resource, policy);
  }
  const server = policy.spec.policyServer ?? '';
  // A controller that has just begun must not take its own ignorance for a fault of the pods.
  if (caches.policyServers.get(undefined, server) !== undefined && !context.history.knows(server)) {
    return { requeueAfterMs: LOOK_AGAIN_MS };
  }
  const state = await settle(context, policy);
  tell(context, policy, state);
  const status = policyStatusFor(policy, state, clock.date());
  await writeStatus(client, resource, policy, status);
}

async function settle(context: Context, policy: Policy): Promise<PolicyState> {
  const { caches, client } = context;
  const name = policy.spec.policyServer ?? '';
  const server = caches.policyServers.get(undefined, name);
  if (name === '' || server === undefined || server.metadata.deletionTimestamp !== undefined) {
    await removeWebhooks(context, idsOf(context, policy));
    await removeFinalizers(client, POLICY_RESOURCES[policy.kind], policy);
    if (name === '') return { kind: 'unscheduled' };
    const reason = server === undefined ? 'PolicyServerMissing' : 'PolicyServerDeleting';
    return { kind: 'scheduled', reason, server: name };
  }
  return settleOn(context, policy, server);
}

async function settleOn(context: Context, policy: Policy, server: PolicyServer): Promise<PolicyState> {
  const reach = reachOn(context, policy, server);
  const id = idOf(policy, context.options.idScheme);
  const registered = webhooksNamed(context, id);
  if (!reach.isServed) {
    await Promise.all(registered.map((live) => patchBundle(context, live)));
    return registered.length > 0 && wasActive(policy)
      ? { kind: 'unreachable', reach }
      : { kind: 'pending', reach, isRegistered: registered.length > 0 };
  }
  const trust = context.trust();
  if (trust === undefined) return { kind: 'refused', reach, message: 'there is no certificate authority yet' };
  // Only from now on is there anything to clean up after.
  await addFinalizer(context.client, POLICY_RESOURCES[policy.kind], policy);
  const desired = webhookConfigurationOf({
    policy,
    id,
    namespace: context.options.namespace,
    caBundle: base64(trust.bundlePem),
    hasMatchConditions: context.hasMatchConditions,
  });
  const isSame = ({ kind }: WebhookConfiguration): boolean => kind === desired.kind;
  try {
    await replaceWebhooks(context.client, desired, registered.find(isSame));
  } catch (error) {
    if (!isKubeError(error, 'invalid', 'bad-request')) throw error;
    return { kind: 'refused', reach, message: messageOf(error) };
  }
  // The other kind is left from before the policy began, or ceased, to change objects; other names from another scheme.
  const [, ...others] = idsOf(context, policy);
  const stale = registered.filter((live) => !isSame(live));
  await removeWebhooks(context, others, stale);
  return { kind: 'active', reach };
}

/** Whether this very generation has been enforced, which it is until a newer one takes its place. */
function wasActive({ metadata, status }: Policy): boolean {
  return status?.policyStatus === 'active' && status.observedGeneration === metadata.generation;
}

export function reachOn({ caches, history, options }: Context, policy: Policy, server: PolicyServer): Reach {
  const { name } = server.metadata;
  const hash = hashOf(canonicalJson(entryOf(policy, server)));
  const pods = servingPods(caches.pods.byIndex(BY_SERVER, name));
  return reachOf(idOf(policy, options.idScheme), hash, pods, (revision) => history.find(name, revision));
}

/** The ID of a policy, and the one that it has by the other scheme, under which it may have been registered before. */
function idsOf(context: Context, { kind, metadata }: Policy): readonly string[] {
  return idsFor(context, kind, isNamespacedKind(kind) ? (metadata.namespace ?? '') : '', metadata.name);
}

function idsFor({ options, caches }: Context, kind: PolicyKind, namespace: string, name: string): readonly string[] {
  const other = options.idScheme === 'dotted' ? 'dashed' : 'dotted';
  const [own, former] = [options.idScheme, other].map((scheme) =>
    policyId(kind, namespace, name, scheme as typeof other),
  );
  const isFormerOurs =
    former !== undefined &&
    [caches.validating, caches.mutating].some((cache) => {
      const annotations = cache.get(undefined, former)?.metadata.annotations;
      return (
        annotations?.['kubewardenPolicyName'] === name && (annotations['kubewardenPolicyNamespace'] ?? '') === namespace
      );
    });
  return [own ?? '', ...(isFormerOurs ? [former] : [])];
}

/** Events tell of changes, and of nothing that has been told. */
function tell({ events }: Context, policy: Policy, state: PolicyState): void {
  const before = policy.status?.conditions?.find(({ type }) => type === 'PolicyActive');
  const after = policyStatusFor(policy, state, new Date(0)).conditions?.find(({ type }) => type === 'PolicyActive');
  if (after === undefined || (before?.reason === after.reason && before.status === after.status)) return;
  const isBad = ['PolicyFailed', 'PolicyServerFailing', 'WebhookRefused', 'PolicyServerUnavailable'].includes(
    after.reason,
  );
  events.record(policy, {
    type: isBad ? 'Warning' : 'Normal',
    reason: after.reason,
    action: 'Reconcile',
    note: after.message,
  });
}
