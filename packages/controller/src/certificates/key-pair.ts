import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createAuthority, issueCertificate, type Authority } from '@ostiary/pki';

/** A certificate and its key as Secrets of the stack hold them. */
export interface KeyPair {
  readonly certificatePem: string;
  /** SEC 1, `EC PRIVATE KEY`: other controllers of this stack take no other. */
  readonly privateKeyPem: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** What ends sooner is replaced: two months, in which the check of every 12 hours has 120 chances (contract: controller §6). */
export const LOOKAHEAD_MS = 60 * DAY_MS;

const AUTHORITY_DAYS = 3650;
const LEAF_DAYS = 365;

export function makeAuthority(now: Date): KeyPair {
  return withSec1Key(createAuthority({ commonName: 'kubewarden-controller-ca', validForDays: AUTHORITY_DAYS, now }));
}

export type LeafPurpose =
  | { readonly kind: 'server'; readonly dnsName: string }
  | { readonly kind: 'client'; readonly commonName: string };

export function issueLeaf(authority: Authority, purpose: LeafPurpose, now: Date): KeyPair {
  const issued = issueCertificate(authority, {
    commonName: commonNameOf(purpose),
    ...(purpose.kind === 'server' ? { dnsNames: [purpose.dnsName] } : {}),
    usages: purpose.kind === 'server' ? ['server', 'client'] : ['client'],
    validForDays: LEAF_DAYS,
    now,
  });
  return withSec1Key(issued);
}

/** Common names end at 64 characters; what clients compare is the alternative name, which has room for all. */
function commonNameOf(purpose: LeafPurpose): string {
  return (purpose.kind === 'server' ? purpose.dnsName : purpose.commonName).slice(0, 64);
}

function withSec1Key({ certificatePem, privateKeyPem }: KeyPair): KeyPair {
  return {
    certificatePem,
    privateKeyPem: createPrivateKey(privateKeyPem).export({ type: 'sec1', format: 'pem' }),
  };
}

/** Why a pair is no authority that will do; undefined if it will. */
export function faultOfAuthority(pair: KeyPair, now: Date): string | undefined {
  const read = readPair(pair);
  if (read === undefined) return 'unreadable, or the key does not belong to the certificate';
  if (!read.ca || !read.checkIssued(read) || !read.verify(read.publicKey)) return 'not a self-signed authority';
  return faultOfTime(read, now);
}

/** Why a pair can't be used for its purpose; undefined if it can. `authorities` are those that may have issued it. */
export function faultOfLeaf(
  pair: KeyPair,
  purpose: LeafPurpose,
  authorities: readonly X509Certificate[],
  now: Date,
): string | undefined {
  const read = readPair(pair);
  if (read === undefined) return 'unreadable, or the key does not belong to the certificate';
  if (!authorities.some((authority) => read.checkIssued(authority) && read.verify(authority.publicKey))) {
    return 'issued by another authority';
  }
  if (purpose.kind === 'server' && read.checkHost(purpose.dnsName) === undefined) return 'made for another name';
  return faultOfTime(read, now);
}

function faultOfTime(certificate: X509Certificate, now: Date): string | undefined {
  if (certificate.validFromDate > now) return 'not valid yet';
  return certificate.validToDate.getTime() <= now.getTime() + LOOKAHEAD_MS ? 'about to expire' : undefined;
}

function readPair({ certificatePem, privateKeyPem }: KeyPair): X509Certificate | undefined {
  try {
    // Of several certificates this reads the first, which is the one that the key belongs to.
    const certificate = new X509Certificate(certificatePem);
    const hasRightHeader = privateKeyPem.includes('-----BEGIN EC PRIVATE KEY-----');
    return hasRightHeader && certificate.checkPrivateKey(createPrivateKey(privateKeyPem)) ? certificate : undefined;
  } catch {
    return undefined;
  }
}
