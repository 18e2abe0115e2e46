import { X509Certificate } from 'node:crypto';
import { reasonOf } from './failure.ts';
import { certificateKey } from './key.ts';
import { MAX_CHAIN } from './limits.ts';
import type { CertificateConstraint } from './constraint.ts';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

/** A certificate that a caller gave and that may be relied on, or why not. */
export type Pinned = { readonly certificate: X509Certificate } | { readonly problem: string };

/**
 * Reads the certificate of a constraint, and follows its chain to the root, which comes last. Intermediate certificates
 * have to be valid now; the root is trusted because the caller names it.
 */
export function pinnedCertificate({ certificate: bytes, chain }: CertificateConstraint, now: Date): Pinned {
  let certificate: X509Certificate;
  let issuers: readonly X509Certificate[] | undefined;
  try {
    certificate = new X509Certificate(bytes);
    if ((chain?.length ?? 0) > MAX_CHAIN) return { problem: `a chain has at most ${MAX_CHAIN} certificates` };
    issuers = chain?.map((entry) => new X509Certificate(entry));
  } catch (error) {
    return { problem: `a certificate can't be read: ${reasonOf(error)}` };
  }
  const read = certificateKey(certificate);
  if ('problem' in read) return { problem: read.problem };
  if (!(certificate.keyUsage ?? []).includes(CODE_SIGNING))
    return { problem: 'the certificate is not for code signing' };
  if (issuers !== undefined && !leadsToRoot(certificate, issuers, now)) {
    return { problem: 'the certificate is not trusted by the chain that was given' };
  }
  return { certificate };
}

/** Depth first along "issued by"; a certificate is used once on a path, so that the search ends. */
function leadsToRoot(certificate: X509Certificate, issuers: readonly X509Certificate[], now: Date): boolean {
  const root = issuers.at(-1);
  if (root === undefined) return false;
  if (issued(root, certificate)) return true;
  return issuers.slice(0, -1).some((issuer) => {
    if (!isValidAt(issuer, now) || !issued(issuer, certificate)) return false;
    const others = issuers.filter((other) => other !== issuer);
    return leadsToRoot(issuer, others, now);
  });
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** Whether a certificate is within its time. */
export function isValidAt(certificate: X509Certificate, now: Date): boolean {
  return Date.parse(certificate.validFrom) <= now.getTime() && now.getTime() <= Date.parse(certificate.validTo);
}
