import { X509Certificate } from 'node:crypto';
import { PkiError } from './errors.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM text in their order. Text between them, such as comments or keys, is skipped.
 * Throws PkiError `invalid-bundle` if there is none or one is unreadable.
 */
export function readBundle(pem: string): X509Certificate[] {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw new PkiError('invalid-bundle', 'the bundle contains no PEM certificate');
  return blocks.map(readCertificate);
}

function readCertificate(block: string, index: number): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch (cause) {
    throw new PkiError('invalid-bundle', `certificate ${index + 1} of the bundle is unreadable`, { cause });
  }
}

/** One PEM text with the certificates of all `bundles`, each once, and nothing else. */
export function joinBundles(...bundles: readonly string[]): string {
  const certificates = bundles.flatMap(readBundle);
  return [...new Set(certificates.map((certificate) => certificate.toString()))].join('');
}
