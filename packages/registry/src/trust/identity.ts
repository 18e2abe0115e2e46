import { X509Certificate as SigstoreCertificate } from '@sigstore/core';
import { unusable } from './signature.ts';

/** Who a code-signing certificate was issued to. */
export interface Identity {
  /** The URI or e-mail address in the certificate. */
  readonly subject: string;
  /** The identity provider. */
  readonly issuer: string;
  /** `owner/repository` of the GitHub workflow that signed. */
  readonly githubRepository: string | undefined;
}

const OID = {
  /** Raw UTF-8. */
  issuer: '1.3.6.1.4.1.57264.1.1',
  /** A DER string. */
  issuerV2: '1.3.6.1.4.1.57264.1.8',
  githubRepository: '1.3.6.1.4.1.57264.1.5',
} as const;

const TAG = { email: 0x01, uri: 0x06 } as const;

/**
 * Reads the identity of a certificate (authoring contract §5.3). Texts are decoded strictly: a decoder that replaces
 * or folds bytes could make one identity look like another.
 */
export function identityOf(der: Buffer): Identity {
  const certificate = SigstoreCertificate.parse(Buffer.from(der));
  return {
    subject: subjectOf(certificate),
    issuer: issuerOf(certificate),
    githubRepository: rawText(certificate, OID.githubRepository),
  };
}

function subjectOf(certificate: SigstoreCertificate): string {
  const names = certificate.extSubjectAltName;
  const [first, ...others] = names === undefined ? [] : generalNames(names.valueObj.subs[0]?.subs ?? []);
  if (first === undefined) unusable('the certificate names no URI and no e-mail address');
  // Which of several names would be meant is nobody's to guess.
  return others.length === 0 ? first : unusable('the certificate names more than one subject');
}

type Asn1 = NonNullable<SigstoreCertificate['extSubjectAltName']>['valueObj'];

function generalNames(names: readonly Asn1[]): readonly string[] {
  return names
    .filter(({ tag }) => tag.isContextSpecific(TAG.email) || tag.isContextSpecific(TAG.uri))
    .map(({ value }) => strictText(value));
}

function issuerOf(certificate: SigstoreCertificate): string {
  const older = rawText(certificate, OID.issuer);
  const wrapped = certificate.extension(OID.issuerV2)?.valueObj.subs[0]?.value;
  const newer = wrapped === undefined ? undefined : strictText(wrapped);
  if (older !== undefined && newer !== undefined && older !== newer) unusable('the certificate names two issuers');
  return newer ?? older ?? unusable('the certificate names no identity provider');
}

function rawText(certificate: SigstoreCertificate, oid: string): string | undefined {
  const value = certificate.extension(oid)?.value;
  return value === undefined ? undefined : strictText(value);
}

function strictText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    unusable('a text in the certificate is not UTF-8');
  }
}
