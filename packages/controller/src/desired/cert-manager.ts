import { resource } from '@ostiary/kube';
import { STACK } from './names.ts';
import type { Desired } from './owned.ts';

/** What cert-manager is asked for when it makes the certificates (`--certificates cert-manager`). */

const API = 'cert-manager.io/v1';

export const ISSUERS = resource(API, 'Issuer', 'issuers');
export const CERTIFICATES = resource(API, 'Certificate', 'certificates');

const SELF_SIGNED = 'kubewarden-self-signed';
const CA = 'kubewarden-ca';

/** Ten years and one; renewed two months before their end, as ours are: 60 × 24 h. */
const CA_DURATION = `${3650 * 24}h`;
const LEAF_DURATION = `${365 * 24}h`;
const RENEW_BEFORE = `${60 * 24}h`;

const ECDSA = { algorithm: 'ECDSA', encoding: 'PKCS1', size: 256, rotationPolicy: 'Always' } as const;

/** An authority in the Secret where everybody looks for it, and the issuer that uses it. */
export function authorityObjects(namespace: string): readonly Desired[] {
  const certificate = {
    isCA: true,
    commonName: 'kubewarden-controller-ca',
    secretName: CA,
    duration: CA_DURATION,
    renewBefore: RENEW_BEFORE,
    privateKey: ECDSA,
    issuerRef: { name: SELF_SIGNED, kind: 'Issuer', group: 'cert-manager.io' },
  };
  return [
    object('Issuer', namespace, SELF_SIGNED, { selfSigned: {} }),
    object('Certificate', namespace, CA, certificate),
    object('Issuer', namespace, CA, { ca: { secretName: CA } }),
  ];
}

/** A certificate in the Secret `name`: of a server that is reached by `dnsName`, or of a client. */
export function leafObject(
  namespace: string,
  name: string,
  purpose: { readonly dnsName: string } | { readonly commonName: string },
): Desired {
  const isServer = 'dnsName' in purpose;
  return object('Certificate', namespace, name, {
    secretName: name,
    ...(isServer ? { dnsNames: [purpose.dnsName] } : { commonName: purpose.commonName }),
    usages: isServer ? ['server auth', 'client auth'] : ['client auth'],
    duration: LEAF_DURATION,
    renewBefore: RENEW_BEFORE,
    privateKey: ECDSA,
    issuerRef: { name: CA, kind: 'Issuer', group: 'cert-manager.io' },
  });
}

function object(kind: 'Issuer' | 'Certificate', namespace: string, name: string, spec: object): Desired {
  return { apiVersion: API, kind, metadata: { namespace, name, labels: STACK }, spec };
}
