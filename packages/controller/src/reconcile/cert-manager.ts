import { get, isKubeError, type KubeObject } from '@ostiary/kube';
import { authorityObjects, CERTIFICATES, ISSUERS, leafObject } from '../desired/cert-manager.ts';
import type { Desired } from '../desired/owned.ts';
import { AUDIT_SECRET, WEBHOOK_SECRET, type Context } from './context.ts';

/** Asks cert-manager for an authority and for the certificates that belong to no PolicyServer. */
export async function requestStackCertificates(context: Context): Promise<void> {
  const { namespace, webhookServiceName } = context.options;
  for (const desired of authorityObjects(namespace)) await ensure(context, desired);
  const dnsName = `${webhookServiceName}.${namespace}.svc`;
  await ensure(context, leafObject(namespace, WEBHOOK_SECRET, { dnsName }));
  await ensure(context, leafObject(namespace, AUDIT_SECRET, { commonName: 'audit-scanner-client' }));
}

/** Asks cert-manager for the certificate of a server. */
export async function requestCertificate(context: Context, desired: Desired): Promise<void> {
  await ensure(context, desired);
}

/** These are not followed, since most clusters don't have their kinds: they are read when there is a reason to look. */
async function ensure({ client, applier }: Context, desired: Desired): Promise<void> {
  const resource = desired.kind === 'Issuer' ? ISSUERS : CERTIFICATES;
  const { namespace, name } = desired.metadata;
  const live = await get<KubeObject>(client, resource, { namespace, name }).catch((error: unknown) => {
    if (isKubeError(error, 'not-found')) return undefined;
    throw error;
  });
  await applier.ensure(resource, desired, live);
}
