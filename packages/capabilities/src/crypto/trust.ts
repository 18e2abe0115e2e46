import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { jsonOf, ONCE, type Fetched } from '../backend.ts';
import { CapabilityError } from '../errors.ts';
import type { GuestCertificateText, TrustQuestion } from '../request/request.ts';
import { distrust, type Distrust } from './chain.ts';
import { parseMoment } from './moment.ts';

/** Policies may look for these texts (contract: policy-server §8.4). */
const REASONS: Readonly<Record<Distrust, string>> = {
  expired: 'Certificate is being used after its expiration date',
  'not-yet-valid': 'Certificate is being used before its validity date',
  'unknown-issuer': 'Certificate is not trusted by the provided cert chain',
  'authority-as-end-entity': 'Certificate not trusted: CaUsedAsEndEntity',
  'too-much-work': 'Certificate not trusted: MaximumSignatureChecksExceeded',
};

/** The certificates of one chain. */
const MAX_CHAIN = 64;
const MAX_CERTIFICATE_BYTES = 256 * 1024;

let mozilla: readonly X509Certificate[] | undefined;

/** Whether a certificate is trusted by a chain. Throws CapabilityError `payload` for what can't be read. */
export function judgeCertificate({ cert, cert_chain, not_after }: TrustQuestion, now: Date): Fetched {
  const certificate = read(cert, 'the certificate');
  const at = not_after === null ? now : parseMoment(not_after);
  if (at === undefined) throw unreadable('Timestamp not_after is not in RFC3339 format');
  if (cert_chain !== null && cert_chain.length > MAX_CHAIN) {
    throw new CapabilityError('limit', `cert_chain has more than ${MAX_CHAIN} certificates`);
  }
  const chain = cert_chain?.map((each, index) => read(each, `cert_chain[${index}]`));
  // Without a chain Mozilla's roots count; of an empty one nothing does.
  const roots = chain === undefined ? mozillaRoots() : chain.slice(-1);
  const reason = distrust({ certificate, intermediates: chain?.slice(0, -1) ?? [], roots, at });
  return jsonOf({ trusted: reason === undefined, reason: reason === undefined ? '' : REASONS[reason] }, ONCE);
}

function mozillaRoots(): readonly X509Certificate[] {
  mozilla ??= rootCertificates.map((pem) => new X509Certificate(pem));
  return mozilla;
}

function read({ encoding, data }: GuestCertificateText, which: string): X509Certificate {
  if (data.length > MAX_CERTIFICATE_BYTES) {
    throw new CapabilityError('limit', `${which} has more than ${MAX_CERTIFICATE_BYTES} bytes`);
  }
  const bytes = Uint8Array.from(data);
  const isPem = Buffer.from(bytes).includes('-----BEGIN CERTIFICATE-----');
  if (isPem !== (encoding === 'Pem')) throw unreadable(`${which} is not ${encoding === 'Pem' ? 'PEM' : 'DER'}`);
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    throw unreadable(`${which} is not a valid certificate`, cause);
  }
}

function unreadable(message: string, cause?: unknown): CapabilityError {
  return new CapabilityError('payload', message, { cause });
}
