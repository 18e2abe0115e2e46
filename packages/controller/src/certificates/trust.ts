import { X509Certificate } from 'node:crypto';
import { joinBundles, readBundle } from '@ostiary/pki';
import type { Secret } from '../cluster/objects.ts';
import { fromBase64 } from '../desired/secret.ts';
import { faultOfAuthority, makeAuthority, type KeyPair } from './key-pair.ts';

/** When an authority took the place of another: RFC 3339, on its Secret. */
export const ROTATED_AT = 'ostiary.dev/rotated-at';

/**
 * After a new authority is published, leaves of the old one stay in use for so long. API servers follow webhook
 * configurations within a second or two, kubelets renew mounted Secrets within a minute and a half.
 */
export const OVERLAP_MS = 120_000;

/** What everybody in the stack trusts, and what issues. */
export interface Trust {
  /** Undefined where the key is somebody else's. */
  readonly authority: KeyPair | undefined;
  /** PEM: the authority, and the one before it while something may still use that. */
  readonly bundlePem: string;
  /** Who may have issued a leaf that need not be replaced now. */
  readonly issuers: readonly X509Certificate[];
  /** When the overlap ends, in milliseconds of the epoch; undefined outside of one. */
  readonly overlapUntil: number | undefined;
}

/** Reads the Secret of the authority; undefined if it holds no certificate. */
export function trustOf(secret: Secret | undefined, now: Date): Trust | undefined {
  const bundlePem = fromBase64(secret?.data?.['ca.crt']) ?? '';
  const key = fromBase64(secret?.data?.['ca.key']);
  const [current, ...others] = certificatesOf(bundlePem);
  if (current === undefined) return undefined;
  const rotatedAt = Date.parse(secret?.metadata.annotations?.[ROTATED_AT] ?? '');
  const overlapUntil = now.getTime() < rotatedAt + OVERLAP_MS ? rotatedAt + OVERLAP_MS : undefined;
  const old = certificatesOf(fromBase64(secret?.data?.['old-ca.crt']) ?? '').filter((one) => one.validToDate > now);
  return {
    authority: key === undefined ? undefined : { certificatePem: current.toString(), privateKeyPem: key },
    bundlePem: [current, ...others, ...old].map(String).filter(isFirst).join(''),
    issuers: overlapUntil === undefined ? [current] : [current, ...old],
    overlapUntil,
  };
}

function isFirst(text: string, index: number, all: readonly string[]): boolean {
  return all.indexOf(text) === index;
}

function certificatesOf(pem: string): readonly X509Certificate[] {
  try {
    return readBundle(pem);
  } catch {
    return [];
  }
}

/** What the Secret of the authority has to become; undefined if it is right. */
export interface AuthorityChange {
  readonly data: Readonly<Record<'ca.crt' | 'ca.key' | 'old-ca.crt', string | undefined>>;
  readonly rotatedAt: Date | undefined;
  readonly reason: string;
}

/**
 * Makes the first authority, replaces one that is faulty or ends within two months, and forgets an old one that has
 * expired. While there are two, `ca.crt` holds both, the one that issues first, so that whoever trusts that file goes
 * through a rotation unharmed.
 */
export function planAuthority(secret: Secret | undefined, now: Date): AuthorityChange | undefined {
  const certificatePem = fromBase64(secret?.data?.['ca.crt']) ?? '';
  const pair = { certificatePem, privateKeyPem: fromBase64(secret?.data?.['ca.key']) ?? '' };
  const fault = faultOfAuthority(pair, now);
  const olds = certificatesOf(fromBase64(secret?.data?.['old-ca.crt']) ?? '');
  const alive = olds.filter((one) => one.validToDate > now);
  if (fault !== undefined) return rotation(pair, certificatesOf(certificatePem), fault, now);
  if (alive.length === olds.length) return undefined;
  const [current] = certificatesOf(certificatePem);
  const bundle = [current, ...alive].map(String).join('');
  return {
    data: { 'ca.crt': bundle, 'ca.key': pair.privateKeyPem, 'old-ca.crt': alive.map(String).join('') || undefined },
    rotatedAt: undefined,
    reason: 'the authority before this one has expired',
  };
}

function rotation(pair: KeyPair, present: readonly X509Certificate[], fault: string, now: Date): AuthorityChange {
  const next = makeAuthority(now, present[0]?.validFromDate);
  // Only what has not expired is worth trusting for the leaves that it issued.
  const old = present.find((one) => one.validToDate > now)?.toString();
  return {
    data: {
      'ca.crt': old === undefined ? next.certificatePem : joinBundles(next.certificatePem, old),
      'ca.key': next.privateKeyPem,
      'old-ca.crt': old,
    },
    rotatedAt: old === undefined ? undefined : now,
    reason: pair.certificatePem === '' ? 'there was none' : fault,
  };
}
