import type { Secret } from '../cluster/objects.ts';
import { CA_SECRET, WEBHOOK_SECRET } from '../reconcile/context.ts';
import type { Caches } from '../cluster/caches.ts';
import type { KeyPair } from '../certificates/key-pair.ts';
import { fromBase64 } from '../desired/secret.ts';

/** What the webhook server shows, and whom it lets in. */
export interface ServingCertificate {
  readonly pair: KeyPair;
  readonly clientCa: string | undefined;
}

/** Tells of the webhook server's certificate as soon as there is one, and of each that takes its place. */
export function followCertificate(
  caches: Caches,
  namespace: string,
  clientCaConfigMap: string | undefined,
  changed: (certificate: ServingCertificate) => void,
): void {
  let shown = '';
  const look = (): void => {
    const certificate = servingCertificate(caches, namespace, clientCaConfigMap);
    const text = JSON.stringify(certificate);
    if (certificate === undefined || text === shown) return;
    shown = text;
    changed(certificate);
  };
  const relevant = new Set([WEBHOOK_SECRET, CA_SECRET]);
  const handler = { onAdd: onSecret, onUpdate: onSecret };
  function onSecret(secret: Secret): void {
    if (relevant.has(secret.metadata.name)) look();
  }
  caches.secrets.addHandler(handler);
  if (clientCaConfigMap !== undefined) caches.configMaps.addHandler({ onAdd: look, onUpdate: look });
}

function servingCertificate(
  caches: Caches,
  namespace: string,
  clientCaConfigMap: string | undefined,
): ServingCertificate | undefined {
  const data = caches.secrets.get(namespace, WEBHOOK_SECRET)?.data;
  const certificatePem = fromBase64(data?.['tls.crt']);
  const privateKeyPem = fromBase64(data?.['tls.key']);
  if (!certificatePem || !privateKeyPem) return undefined;
  const pair = { certificatePem, privateKeyPem };
  if (clientCaConfigMap === undefined) return { pair, clientCa: undefined };
  const clientCa = caches.configMaps.get(namespace, clientCaConfigMap)?.data?.['client-ca.crt'];
  // Until it is known who may ask, nobody may.
  return clientCa === undefined || clientCa === '' ? undefined : { pair, clientCa };
}
