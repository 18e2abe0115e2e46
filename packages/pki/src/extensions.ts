import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import {
  bitString,
  boolean,
  contextPrimitive,
  objectIdentifier,
  octetString,
  sequence,
  unsignedInteger,
} from './der.ts';
import { readElements } from './der-reader.ts';

/** The extensions of both certificate profiles (RFC 5280, section 4.2.1). */
export const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

const PURPOSE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

function extension(oid: string, critical: boolean, value: Uint8Array): Buffer {
  // DER leaves out a member that has its default value, and `critical` defaults to false.
  return sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** An authority that signs end certificates only: its path length is 0. */
export function authorityConstraints(): Buffer {
  return extension(EXTENSION.basicConstraints, true, sequence(boolean(true), unsignedInteger(Uint8Array.of(0))));
}

export function endEntityConstraints(): Buffer {
  return extension(EXTENSION.basicConstraints, true, sequence());
}

/** keyCertSign (bit 5) and cRLSign (bit 6). */
export function authorityKeyUsage(): Buffer {
  return extension(EXTENSION.keyUsage, true, bitString(Uint8Array.of(0b0000_0110), 1));
}

/** digitalSignature (bit 0), all that a TLS key on an elliptic curve does. */
export function endEntityKeyUsage(): Buffer {
  return extension(EXTENSION.keyUsage, true, bitString(Uint8Array.of(0b1000_0000), 7));
}

export function extendedKeyUsage(usages: readonly ('server' | 'client')[]): Buffer {
  return extension(
    EXTENSION.extendedKeyUsage,
    false,
    sequence(...usages.map((usage) => objectIdentifier(PURPOSE[usage]))),
  );
}

export function subjectAlternativeName(names: Uint8Array): Buffer {
  return extension(EXTENSION.subjectAlternativeName, false, names);
}

export function subjectKeyIdentifier(identifier: Uint8Array): Buffer {
  return extension(EXTENSION.subjectKeyIdentifier, false, octetString(identifier));
}

export function authorityKeyIdentifier(identifier: Uint8Array): Buffer {
  return extension(EXTENSION.authorityKeyIdentifier, false, sequence(contextPrimitive(0, identifier)));
}

/** The leftmost 160 bits of the SHA-256 hash of the public key's bits (RFC 7093, section 2, method 1). */
export function keyIdentifier(key: KeyObject): Buffer {
  const [info] = readElements(publicKeyInfo(key));
  const [, bits] = readElements(info?.content ?? Buffer.alloc(0));
  const withoutUnusedBitsOctet = bits?.content.subarray(1) ?? Buffer.alloc(0);
  return createHash('sha256').update(withoutUnusedBitsOctet).digest().subarray(0, 20);
}

/** The SubjectPublicKeyInfo of a public key, or of the public half of a private key. */
export function publicKeyInfo(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'der' });
}
