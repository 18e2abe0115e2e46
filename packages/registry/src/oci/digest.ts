import { createHash, type Hash } from 'node:crypto';
import { RegistryError } from '../errors.ts';
import { isDigest } from '../reference/grammar.ts';

/** The digest of some bytes, as in `sha256:…`. */
export function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** The algorithm of a digest. Throws `protocol` for one that can't be checked. */
export function algorithmOf(digest: string): 'sha256' | 'sha512' {
  if (!isDigest(digest)) throw new RegistryError('protocol', 'a digest is neither sha256 nor sha512');
  return digest.startsWith('sha256:') ? 'sha256' : 'sha512';
}

/** A hash that is fed as bytes come. */
export function hashFor(digest: string): Hash {
  return createHash(algorithmOf(digest));
}
