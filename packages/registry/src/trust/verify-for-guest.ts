import type { RegistryReference } from '../reference/reference.ts';
import type { Constraint } from './check.ts';
import type { Annotations } from './constraint.ts';
import { TrustError } from './errors.ts';
import { readPublicKey } from './key.ts';
import { pinnedCertificate } from './pinned-certificate.ts';
import { urlPrefix } from './url-prefix.ts';
import { verifyRequirements, type VerifyOptions } from './verify-image.ts';

/** What a guest learns: the image is signed as it asked, and has this digest. */
export interface Trusted {
  readonly digest: string;
}

/** What guests may pass along with every kind of question. */
export interface GuestOptions extends VerifyOptions {
  readonly annotations?: Annotations | undefined;
}

/** Keys, identities or prefixes of one question; each costs a verification per signature. */
const MAX_ENTRIES = 255;

/** Signed with each of these PEM keys (policy-server contract §8.3). */
export async function verifyPubKeys(
  image: RegistryReference,
  pubKeys: readonly string[],
  options: GuestOptions,
): Promise<Trusted> {
  for (const key of pubKeys) {
    const read = readPublicKey(key);
    if ('problem' in read) throw new TrustError('unusable-key', read.problem);
  }
  const constraints = pubKeys.map((key): Constraint => ({ kind: 'pubKey', key, ...annotationsOf(options) }));
  return verifyEach(image, constraints, 'Must provide at least one pub key', options);
}

/** Signed by each of these identities. */
export async function verifyKeyless(
  image: RegistryReference,
  keyless: readonly { readonly issuer: string; readonly subject: string }[],
  options: GuestOptions,
): Promise<Trusted> {
  const constraints = keyless.map(({ issuer, subject }): Constraint => ({
    kind: 'genericIssuer',
    issuer,
    subject: { equal: subject },
    ...annotationsOf(options),
  }));
  return verifyEach(image, constraints, 'Must provide keyless info', options);
}

/** Signed by an identity below each of these URLs. */
export async function verifyKeylessPrefix(
  image: RegistryReference,
  keyless: readonly { readonly issuer: string; readonly urlPrefix: string }[],
  options: GuestOptions,
): Promise<Trusted> {
  const constraints = keyless.map(({ issuer, urlPrefix: text }): Constraint => {
    const prefix = urlPrefix(text);
    if (prefix === undefined) throw new TrustError('unusable-key', 'a URL prefix is not a URL');
    return { kind: 'genericIssuer', issuer, subject: { urlPrefix: prefix }, ...annotationsOf(options) };
  });
  return verifyEach(image, constraints, 'Must provide keyless info', options);
}

/** Signed by a GitHub workflow of this owner, and of this repository if one is given. */
export async function verifyGithubActions(
  image: RegistryReference,
  owner: string,
  repo: string | undefined,
  options: GuestOptions,
): Promise<Trusted> {
  const narrowed = repo === undefined ? {} : { repo };
  const constraint: Constraint = { kind: 'githubAction', owner, ...narrowed, ...annotationsOf(options) };
  return verifyEach(image, owner === '' ? [] : [constraint], 'Must provide owner info', options);
}

/** A certificate and how far it is to be trusted. */
export interface GuestCertificate {
  /** PEM or DER. */
  readonly certificate: Uint8Array;
  /** Intermediates in any order and the root at the end; without it the certificate is trusted as it is. */
  readonly chain?: readonly Uint8Array[] | undefined;
  /** Whether a transparency log has to have seen the signature while the certificate was valid. */
  readonly requireRekorBundle: boolean;
}

/** Signed with the key of this certificate. */
export async function verifyCertificate(
  image: RegistryReference,
  { certificate, chain, requireRekorBundle }: GuestCertificate,
  options: GuestOptions,
): Promise<Trusted> {
  const given = chain === undefined ? {} : { chain };
  const constraint = {
    kind: 'certificate',
    certificate,
    ...given,
    requireRekorBundle,
    ...annotationsOf(options),
  } as const;
  const pinned = pinnedCertificate(constraint, options.now ?? new Date());
  if ('problem' in pinned) throw new TrustError('unusable-key', pinned.problem);
  return verifyEach(image, [constraint], '', options);
}

function annotationsOf({ annotations }: GuestOptions): { readonly annotations?: Annotations } {
  return annotations === undefined ? {} : { annotations };
}

async function verifyEach(
  image: RegistryReference,
  allOf: readonly Constraint[],
  ifEmpty: string,
  options: GuestOptions,
): Promise<Trusted> {
  if (allOf.length === 0) throw new TrustError('nothing-to-verify', ifEmpty);
  if (allOf.length > MAX_ENTRIES) throw new TrustError('unusable-key', `expected at most ${MAX_ENTRIES} entries`);
  const { digest } = await verifyRequirements(image, { allOf, anyOf: [], minimumMatches: 0 }, options);
  return { digest };
}
