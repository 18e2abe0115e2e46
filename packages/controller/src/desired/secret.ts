import type { KeyPair } from '../certificates/key-pair.ts';
import type { PolicyServer } from '../cluster/objects.ts';
import { CERT_FORMAT, COMPONENT, PART_OF } from './names.ts';
import { ownedMeta, type Desired } from './owned.ts';

export const CERT_FORMAT_VERSION = '1';

/** The certificate Secret of a PolicyServer (contract: controller §3.1). */
export function certificateSecretOf(server: PolicyServer, namespace: string, pair: KeyPair): Desired {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ownedMeta(server, namespace, {
      labels: { [PART_OF]: 'kubewarden', [COMPONENT]: 'policy-server' },
      annotations: { [CERT_FORMAT]: CERT_FORMAT_VERSION },
    }),
    type: 'Opaque',
    data: secretData(pair),
  };
}

export function secretData({ certificatePem, privateKeyPem }: KeyPair): Readonly<Record<string, string>> {
  return { 'tls.crt': base64(certificatePem), 'tls.key': base64(privateKeyPem) };
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

export function fromBase64(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8');
}
