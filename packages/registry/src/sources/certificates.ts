import { X509Certificate } from 'node:crypto';

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * The certificates in a file of either form: PEM (one or more blocks) or DER (one). Returns them as PEM.
 * Throws a plain Error without the bytes if there is none, or one is broken.
 */
export function readCertificates(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.includes('-----BEGIN')) return [new X509Certificate(bytes).toString()];
  const blocks = text.match(PEM_BLOCK) ?? [];
  if (blocks.length === 0) throw new Error('it has no CERTIFICATE block');
  return blocks.map((block) => new X509Certificate(block).toString());
}
