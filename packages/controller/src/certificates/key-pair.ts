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

/**
 * Makes an authority.
 *
 * @param since From when on it is valid, if that is before `now`: what takes the place of another is as old as that. A
 *   controller whose clock is months ahead would otherwise make what nobody else takes yet.
 */
export function makeAuthority(now: Date, since: Date = now): KeyPair {
  const validity = spanOf(now, since, AUTHORITY_DAYS);
  return withSec1Key(createAuthority({ commonName: 'kubewarden-controller-ca', ...validity }));
}

function spanOf(now: Date, since: Date, days: number): { readonly now: Date; readonly validForDays: number } {
  const start = Math.min(now.getTime(), since.getTime());
  return { now: new Date(start), validForDays: days + (now.getTime() - start) / DAY_MS };
}

export type LeafPurpose =
  | { readonly kind: 'server'; readonly dnsName: string }
  | { readonly kind: 'client'; readonly commonName: string };

/** Issues a leaf that is valid from when its authority is, for the reason that {@link makeAuthority} gives. */
export function issueLeaf(authority: Authority, purpose: LeafPurpose, now: Date): KeyPair {
  const { validFromDate } = new X509Certificate(authority.certificatePem);
  const issued = issueCertificate(authority, {
    commonName: commonNameOf(purpose),
    ...(purpose.kind === 'server' ? { dnsNames: [purpose.dnsName] } : {}),
    usages: purpose.kind === 'server' ? ['server', 'client'] : ['client'],
    ...spanOf(now, validFromDate, LEAF_DAYS),
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

function faultOfTime(certificate: X509Certificate, now: Date): string | undefined {
  if (certificate.validFromDate > now) return 'not valid yet';
  return certificate.validToDate.getTime() <= now.getTime() + LOOKAHEAD_MS ? 'about to expire' : undefined;
}

/** The certificate of a pair; undefined if the two do not belong together, or have another form than we write. */
export function readPair({ certificatePem, privateKeyPem }: KeyPair): X509Certificate | undefined {
  try {
    // Of several certificates this reads the first, which is the one that the key belongs to.
    const certificate = new X509Certificate(certificatePem);
    const hasRightHeader = privateKeyPem.includes('-----BEGIN EC PRIVATE KEY-----');
    return hasRightHeader && certificate.checkPrivateKey(createPrivateKey(privateKeyPem)) ? certificate : undefined;
  } catch {
    return undefined;
  }
}
