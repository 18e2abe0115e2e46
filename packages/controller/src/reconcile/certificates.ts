import { apply, create, type KubeObject, type WorkResult } from '@ostiary/kube';
import { issueLeaf, type KeyPair, type LeafPurpose } from '../certificates/key-pair.ts';
import { faultOfLeaf } from '../certificates/leaf.ts';
import { planAuthority, ROTATED_AT, type AuthorityChange, type Trust } from '../certificates/trust.ts';
import { FIELD_MANAGER } from '../cluster/applier.ts';
import { SECRETS } from '../cluster/kinds.ts';
import type { WebhookConfiguration } from '../cluster/objects.ts';
import { STACK } from '../desired/names.ts';
import { OWN_CONFIGURATIONS, ownWebhooksOf } from '../desired/own-webhooks.ts';
import { base64, fromBase64, secretData } from '../desired/secret.ts';
import { requestStackCertificates } from './cert-manager.ts';
import { AUDIT_SECRET, CA_SECRET, keyFor, secretNamed, WEBHOOK_SECRET, type Context } from './context.ts';
import { patchBundle } from './policy-webhooks.ts';
import { replaceWebhooks } from './webhook-configuration.ts';

/** How often certificates are looked at when nothing happens (contract: controller §6). */
const EVERY_MS = 12 * 60 * 60 * 1000;

/** In an overlap, for leaves of the old authority that end before it does. Nothing is asked of the API server. */
const IN_OVERLAP_MS = 5000;

/**
 * Looks after all certificates but those of PolicyServers, which their own reconciler does, and after our own webhooks:
 * the authority first; then, everywhere, trust in it; and only after that what it issues.
 */
export async function reconcileCertificates(context: Context): Promise<WorkResult> {
  const { options, clock } = context;
  if (options.certificates === 'own') {
    const change = planAuthority(secretNamed(context, CA_SECRET), clock.date());
    if (change !== undefined) {
      // The cache tells us when it has been written, and everybody goes on from there.
      await writeAuthority(context, change);
      return { requeueAfterMs: EVERY_MS };
    }
  }
  if (options.certificates === 'cert-manager') await requestStackCertificates(context);
  const trust = context.trust();
  if (trust === undefined) return { requeueAfterMs: EVERY_MS };
  await ensureOwnWebhooks(context, trust);
  if (options.certificates === 'own') {
    const dnsName = `${options.webhookServiceName}.${options.namespace}.svc`;
    await ensureLeaf(context, trust, WEBHOOK_SECRET, { kind: 'server', dnsName });
    await ensureLeaf(context, trust, AUDIT_SECRET, { kind: 'client', commonName: 'audit-scanner-client' });
  }
  for (const { metadata } of context.caches.policyServers.list()) {
    context.enqueue(keyFor('PolicyServer', metadata.name));
  }
  const { overlapUntil } = trust;
  if (overlapUntil === undefined) return { requeueAfterMs: EVERY_MS };
  return { requeueAfterMs: Math.min(IN_OVERLAP_MS, overlapUntil - clock.date().getTime() + 1) };
}

async function writeAuthority(context: Context, { data, rotatedAt, reason }: AuthorityChange): Promise<void> {
  const { client, options, log, events } = context;
  const live = secretNamed(context, CA_SECRET);
  const since = rotatedAt?.toISOString() ?? live?.metadata.annotations?.[ROTATED_AT];
  const filled = Object.entries(data).flatMap(([key, pem]) => (pem === undefined ? [] : [[key, base64(pem)] as const]));
  const desired: KubeObject & { readonly [member: string]: unknown } = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      namespace: options.namespace,
      name: CA_SECRET,
      labels: STACK,
      ...(since === undefined ? {} : { annotations: { [ROTATED_AT]: since } }),
      // Two writers, or a cache that is behind, must not make two authorities.
      ...(live?.metadata.resourceVersion === undefined ? {} : { resourceVersion: live.metadata.resourceVersion }),
    },
    type: live?.type ?? 'Opaque',
    data: Object.fromEntries(filled),
  };
  if (live === undefined) await create(client, SECRETS, desired, { fieldManager: FIELD_MANAGER });
  else await apply(client, SECRETS, desired, { fieldManager: FIELD_MANAGER });
  log('warn', 'certificate authority replaced', { secret: CA_SECRET, because: reason });
  if (live !== undefined) {
    events.record(live, { type: 'Normal', reason: 'AuthorityReplaced', action: 'Rotate', note: reason });
  }
}

async function ensureLeaf(context: Context, trust: Trust, name: string, purpose: LeafPurpose): Promise<void> {
  const { options, clock, applier, log } = context;
  if (trust.authority === undefined) throw new Error(`the Secret ${CA_SECRET} has no key`);
  const live = secretNamed(context, name);
  const present: KeyPair = {
    certificatePem: fromBase64(live?.data?.['tls.crt']) ?? '',
    privateKeyPem: fromBase64(live?.data?.['tls.key']) ?? '',
  };
  const fault = faultOfLeaf(present, purpose, trust, clock.date());
  if (fault === undefined) return;
  const pair = issueLeaf(trust.authority, purpose, clock.date());
  const desired = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: options.namespace, name, labels: STACK },
    type: live?.type ?? 'Opaque',
    data: secretData(pair),
  };
  await applier.ensure(SECRETS, desired, live);
  log('info', 'certificate issued', {
    secret: name,
    because: present.certificatePem === '' ? 'there was none' : fault,
  });
}

/** Our own webhook configurations, or, where a chart brings them, the bundle in them. */
async function ensureOwnWebhooks(context: Context, trust: Trust): Promise<void> {
  const { caches, client, options, hasMatchConditions } = context;
  const live = (kind: string, name: string): WebhookConfiguration | undefined =>
    (kind === 'MutatingWebhookConfiguration' ? caches.mutating : caches.validating).get(undefined, name);
  if (!options.manageWebhooks) {
    const given = OWN_CONFIGURATIONS.flatMap((name) => [
      live('MutatingWebhookConfiguration', name) ?? [],
      live('ValidatingWebhookConfiguration', name) ?? [],
    ]).flat();
    for (const one of given) await patchBundle(context, one);
    return;
  }
  // Nobody could write a policy while its webhooks lead nowhere.
  if (!context.webhooksListen()) return;
  const caBundle = base64(trust.bundlePem);
  const input = { namespace: options.namespace, serviceName: options.webhookServiceName, caBundle, hasMatchConditions };
  for (const phase of ['mutate', 'validate'] as const) {
    const desired = ownWebhooksOf(phase, input);
    await replaceWebhooks(client, desired, live(desired.kind, desired.metadata.name));
  }
}
