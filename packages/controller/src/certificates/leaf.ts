import type { X509Certificate } from 'node:crypto';
import { LOOKAHEAD_MS, readPair, type KeyPair, type LeafPurpose } from './key-pair.ts';
import type { Trust } from './trust.ts';

/** In an overlap a leaf stays to its last moments; it is looked at every few seconds then. */
const LAST_MOMENTS_MS = 10_000;

/**
 * Why a pair has to be replaced; undefined if it need not be. While a new authority is made known, what the old one issued
 * stays as long as it lasts: who has not heard of the new one yet would refuse what that one issues.
 */
export function faultOfLeaf(
  pair: KeyPair,
  purpose: LeafPurpose,
  { issuers, overlapUntil }: Pick<Trust, 'issuers' | 'overlapUntil'>,
  now: Date,
): string | undefined {
  const read = readPair(pair);
  if (read === undefined) return 'unreadable, or the key does not belong to the certificate';
  const issuer = issuers.find((one) => read.checkIssued(one) && read.verify(one.publicKey));
  if (issuer === undefined) return 'issued by another authority';
  if (purpose.kind === 'server' && read.checkHost(purpose.dnsName) === undefined) return 'made for another name';
  const left = read.validToDate.getTime() - now.getTime();
  if (overlapUntil !== undefined && issuer !== issuers[0])
    return left <= LAST_MOMENTS_MS ? 'about to expire' : undefined;
  if (read.validFromDate > now) return 'not valid yet';
  return left <= LOOKAHEAD_MS && (left <= 0 || lastsLonger(issuer, read)) ? 'about to expire' : undefined;
}

/** A leaf that ends with its authority waits for the next one: another from the same would end just as soon. */
function lastsLonger(issuer: X509Certificate, leaf: X509Certificate): boolean {
  return issuer.validToDate > leaf.validToDate;
}
