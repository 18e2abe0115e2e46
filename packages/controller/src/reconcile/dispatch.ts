import type { KubeObject, WorkResult } from '@ostiary/kube';
import { POLICY_KINDS, POLICY_SERVER_PREFIX, type PolicyKind } from '../api/names.ts';
import { modulesOf, policiesOf, policyById, type Caches } from '../cluster/caches.ts';
import type { GateModule, Pod, Policy, PolicyServer, WebhookConfiguration } from '../cluster/objects.ts';
import { POLICY_NAME, POLICY_SERVER_LABEL, SERVING } from '../desired/names.ts';
import { OWN_CONFIGURATIONS } from '../desired/own-webhooks.ts';
import { CA_SECRET, keyFor, WEBHOOK_SECRET, AUDIT_SECRET, type Context, type Key } from './context.ts';
import { reconcileCertificates } from './certificates.ts';
import { reconcileModule } from './module.ts';
import { reconcileWebhook } from './orphan-webhook.ts';
import { reconcilePolicyServer } from './policy-server.ts';
import { reconcilePolicy } from './policy.ts';

/** Looks at the thing that a key names. */
export async function reconcile(context: Context, key: Key): Promise<WorkResult | void> {
  const [kind = '', namespace = '', name = ''] = key.split('/');
  switch (kind) {
    case 'Certificates':
      return reconcileCertificates(context);
    case 'PolicyServer':
      return reconcilePolicyServer(context, name);
    case 'Webhook':
      return reconcileWebhook(context, name);
    case 'AuthenticationModule':
    case 'AuthorizationModule':
      return reconcileModule(context, kind, name);
    default:
      return reconcilePolicy(context, kind as PolicyKind, namespace, name);
  }
}

/** Changes of one server's policies come in flocks; one configuration is made for all that come within this time. */
const GATHER_MS = 100;

/** What a server says of its policies follows their statuses, a thousand of which may change in seconds. */
const COUNT_MS = 1000;

type Enqueue = Context['enqueue'];

/** Turns what happens in the cluster into things to be looked at. Called once; `enqueue` drops what a follower can't use. */
export function watchCluster(caches: Caches, enqueue: Enqueue): void {
  const everyone = (): void => enqueueAll(caches, enqueue);
  const server = (name: string | undefined, delayMs = 0): void => {
    if (name !== undefined && name !== '') enqueue(keyFor('PolicyServer', name), delayMs);
  };
  const bound = (name: string): void => {
    for (const { kind, metadata } of policiesOf(caches, name)) enqueue(keyFor(kind, metadata.name, metadata.namespace));
    for (const { kind, metadata } of modulesOf(caches, name)) enqueue(keyFor(kind, metadata.name));
  };
  const onServer = ({ metadata }: PolicyServer): void => {
    server(metadata.name);
    bound(metadata.name);
  };
  const onPolicy = ({ kind, metadata, spec }: Policy | GateModule): void => {
    enqueue(keyFor(kind, metadata.name, metadata.namespace));
    server(spec.policyServer, GATHER_MS);
  };
  const onPod = ({ metadata }: Pod): void => {
    const name = metadata.labels?.[POLICY_SERVER_LABEL] ?? '';
    bound(name);
  };
  const onOwned = ({ metadata }: KubeObject): void => {
    if (metadata.name.startsWith(POLICY_SERVER_PREFIX)) server(metadata.name.slice(POLICY_SERVER_PREFIX.length));
  };
  const onSecret = (secret: KubeObject): void => {
    const { name } = secret.metadata;
    onOwned(secret);
    if (name === CA_SECRET) everyone();
    else if (name === WEBHOOK_SECRET || name === AUDIT_SECRET) enqueue(keyFor('Certificates'));
  };
  const onWebhook = ({ metadata }: WebhookConfiguration): void => {
    const { name, annotations } = metadata;
    const policy = policyById(caches, name);
    if (policy !== undefined) {
      enqueue(keyFor(policy.kind, policy.metadata.name, policy.metadata.namespace));
      const going = caches.policyServers.get(undefined, policy.spec.policyServer ?? '');
      if (going?.metadata.deletionTimestamp !== undefined) server(going.metadata.name);
    } else if (OWN_CONFIGURATIONS.includes(name)) enqueue(keyFor('Certificates'));
    else if (annotations?.[POLICY_NAME] !== undefined) enqueue(keyFor('Webhook', name));
  };
  caches.policyServers.addHandler(always(onServer));
  const ofPolicies = {
    ...always<Policy | GateModule>(onPolicy),
    onUpdate: (policy: Policy | GateModule, old: Policy | GateModule): void => {
      if (wants(policy) !== wants(old)) {
        onPolicy(policy);
        onPolicy(old);
        return;
      }
      enqueue(keyFor(policy.kind, policy.metadata.name, policy.metadata.namespace));
      server(policy.spec.policyServer, COUNT_MS);
    },
  };
  for (const kind of POLICY_KINDS) caches.policies[kind].addHandler(ofPolicies);
  for (const cache of caches.modules) cache.addHandler(ofPolicies);
  caches.pods.addHandler({
    onAdd: onPod,
    onDelete: onPod,
    onUpdate: (pod, old) => {
      if (standing(pod) !== standing(old)) onPod(pod);
    },
  });
  caches.secrets.addHandler(always(onSecret));
  caches.configMaps.addHandler(always(onOwned));
  for (const cache of Object.values(caches.owned)) cache.addHandler(always(onOwned));
  caches.scalers.addHandler({
    onAdd: onScaler,
    onDelete: onScaler,
    onUpdate: (scaler, old) => {
      if (wantedOf(scaler) === wantedOf(old)) return;
      onScaler(scaler);
      onScaler(old);
    },
  });
  caches.validating.addHandler(always(onWebhook));
  caches.mutating.addHandler(always(onWebhook));

  function onScaler({ spec }: KubeObject & { readonly spec?: unknown }): void {
    const target = (spec as { scaleTargetRef?: { name?: string } } | undefined)?.scaleTargetRef?.name ?? '';
    if (target.startsWith(POLICY_SERVER_PREFIX)) server(target.slice(POLICY_SERVER_PREFIX.length));
  }
}

function always<T>(act: (object: T) => void): {
  onAdd: (object: T) => void;
  onUpdate: (object: T, old: T) => void;
  onDelete: (object: T) => void;
} {
  return {
    onAdd: act,
    // What it was before counts too: a webhook that lost its annotations is known by those that it had.
    onUpdate: (object, old) => {
      act(object);
      act(old);
    },
    onDelete: act,
  };
}

/** What changes when people change something; statuses and finalizers are our own writing. */
function wants({ metadata }: Policy | GateModule): string {
  return JSON.stringify([metadata.uid, metadata.generation, metadata.deletionTimestamp]);
}

/** What an autoscaler is to do; what it has found out changes every few seconds. */
function wantedOf({ metadata, spec }: KubeObject & { readonly spec?: unknown }): string {
  const { labels, annotations, ownerReferences } = metadata;
  return JSON.stringify([spec, labels, annotations, ownerReferences]);
}

/** What of a pod matters; its status changes far more often. */
function standing({ metadata, status }: Pod): string {
  const { labels, annotations, deletionTimestamp } = metadata;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  const waiting = status?.containerStatuses?.map(({ state }) => state?.waiting?.reason);
  return JSON.stringify([labels, annotations?.[SERVING], deletionTimestamp, status?.phase, ready, waiting]);
}

/** Everything there is, for a leader that begins, and when everybody has to trust someone else. */
export function enqueueAll(caches: Caches, enqueue: Enqueue): void {
  enqueue(keyFor('Certificates'));
  for (const { metadata } of caches.policyServers.list()) enqueue(keyFor('PolicyServer', metadata.name));
  for (const kind of POLICY_KINDS)
    for (const { metadata } of caches.policies[kind].list()) enqueue(keyFor(kind, metadata.name, metadata.namespace));
  for (const cache of caches.modules)
    for (const { kind, metadata } of cache.list()) enqueue(keyFor(kind, metadata.name));
  for (const { metadata } of [...caches.validating.list(), ...caches.mutating.list()])
    enqueue(keyFor('Webhook', metadata.name));
}

export type { Key };
