import { X509Certificate } from 'node:crypto';
import { toSignedEntity, Verifier, type TrustMaterial } from '@sigstore/verify';
import { identityOf, type Identity } from './identity.ts';
import { certificateKey, signedBy } from './key.ts';
import { MAX_EVIDENCE } from './limits.ts';
import { unusable, type Signature } from './signature.ts';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

/**
 * Verifies a signature that came with a short-lived certificate: the certificate chains to an authority of the root and
 * was logged, the signature was made while it was valid, the log entry is of this very signature, and the signature is
 * of the message. Returns who made it; throws for the first of these that fails.
 */
export function verifyIdentity(signature: Signature, material: TrustMaterial): Identity {
  if (signature.certificate === undefined) unusable('it was made with a key and has no certificate');
  boundEvidence(signature);
  const certificate = new X509Certificate(signature.certificate);
  if (!(certificate.keyUsage ?? []).includes(CODE_SIGNING)) unusable('the certificate is not for code signing');
  new Verifier(material, demanded(material)).verify(toSignedEntity(signature.bundle, signature.message));
  // The verifier has checked the same; what it checked is private to it, and this is the one fact everything rests on.
  const read = certificateKey(certificate);
  if ('problem' in read) unusable(`the certificate has ${read.problem}`);
  if (!signedBy(read.key, signature.message, signature.signature)) unusable('the signature is of other bytes');
  return identityOf(signature.certificate);
}

/**
 * One proof of each kind that the root can check. A root without certificate logs or without signature logs belongs to
 * a private Sigstore that runs none; a time, from a log or a timestamp authority, is always demanded.
 */
function demanded(material: TrustMaterial) {
  return {
    ctlogThreshold: material.ctlogs.length === 0 ? 0 : 1,
    tlogThreshold: material.tlogs.length === 0 ? 0 : 1,
    timestampThreshold: 1,
  };
}

function boundEvidence({ bundle }: Signature): void {
  const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial;
  const timestamps = timestampVerificationData?.rfc3161Timestamps ?? [];
  if (tlogEntries.length > MAX_EVIDENCE || timestamps.length > MAX_EVIDENCE) unusable('it has too much evidence');
}

/**
 * Verifies that a signature made with a known certificate was logged while that certificate was valid. The certificate
 * that the signature itself may carry is not looked at.
 */
export function verifyLogged(signature: Signature, certificate: X509Certificate, material: TrustMaterial): void {
  boundEvidence(signature);
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const { publicKey } = certificate;
  const pinned: TrustMaterial = {
    ...material,
    publicKey: () => ({
      publicKey,
      validFor: (date: Date) => date.getTime() >= from && date.getTime() <= to,
    }),
  };
  const { verificationMaterial } = signature.bundle;
  const bundle = {
    ...signature.bundle,
    verificationMaterial: {
      ...verificationMaterial,
      content: { $case: 'publicKey', publicKey: { hint: '' } } as const,
    },
  };
  const thresholds = { ctlogThreshold: 0, tlogThreshold: 1, timestampThreshold: 1 };
  new Verifier(pinned, thresholds).verify(toSignedEntity(bundle, signature.message));
}
