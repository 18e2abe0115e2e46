import { createPublicKey, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { isError } from './failure.ts';

/** Smaller moduli can be factored; larger ones make a single verification take as long as an attacker likes. */
const RSA_BITS = { minimum: 2048, maximum: 8192 } as const;

const CURVES: Readonly<Record<string, readonly string[]>> = {
  // OpenSSL's names of P-256 and P-384. Signers differ on whether P-384 goes with SHA-256 or its own size.
  prime256v1: ['sha256'],
  secp384r1: ['sha256', 'sha384'],
};

/** A key that can check signatures, or what is wrong with it. */
export type ReadKey = { readonly key: KeyObject } | { readonly problem: string };

/** Reads a PEM public key: RSA, ECDSA P-256 or P-384, or Ed25519 (authoring contract §5.3). */
export function readPublicKey(pem: string): ReadKey {
  // Node would also take a private key and derive the public one; nobody means to publish that.
  if (!/^\s*-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem)) return { problem: 'expected a public key in PEM' };
  try {
    return usable(createPublicKey(pem));
  } catch (error) {
    return { problem: `the public key can't be read${isError(error) ? `: ${error.message}` : ''}` };
  }
}

/** The key of a certificate. */
export function certificateKey(certificate: X509Certificate): ReadKey {
  return usable(certificate.publicKey);
}

function usable(key: KeyObject): ReadKey {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return { key };
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0;
    const fits = bits >= RSA_BITS.minimum && bits <= RSA_BITS.maximum;
    return fits
      ? { key }
      : { problem: `an RSA key of ${bits} bits is not between ${RSA_BITS.minimum} and ${RSA_BITS.maximum}` };
  }
  if (type === 'ec' && details?.namedCurve !== undefined && Object.hasOwn(CURVES, details.namedCurve)) return { key };
  return { problem: 'expected an RSA, ECDSA P-256, ECDSA P-384 or Ed25519 key' };
}

/** Whether `signature` was made over `message` with the private half of `key`. Never throws. */
export function signedBy(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return digestsFor(key).some((digest) => verify(digest, message, key, signature));
  } catch {
    // OpenSSL throws at some malformed signatures and says no to others.
    return false;
  }
}

function digestsFor(key: KeyObject): readonly (string | null)[] {
  if (key.asymmetricKeyType === 'ed25519') return [null];
  if (key.asymmetricKeyType === 'rsa') return ['sha256'];
  return CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? [];
}
