import type { X509Certificate } from 'node:crypto';
import { hasNameConstraints, pathLength } from './constraints.ts';

/** Why a certificate isn't trusted. */
export type Distrust =
  | 'expired'
  | 'not-yet-valid'
  /** No path to a root holds. */
  | 'unknown-issuer'
  | 'authority-as-end-entity'
  | 'too-much-work';

export interface ChainQuestion {
  readonly certificate: X509Certificate;
  readonly intermediates: readonly X509Certificate[];
  /** Trusted as they are: their own validity is not looked at. */
  readonly roots: readonly X509Certificate[];
  /** When the certificate is used. */
  readonly at: Date;
}

/** Authorities between a certificate and its root; the Web's chains have two. */
const MAX_INTERMEDIATES = 6;
/** Signatures that are checked for one question: chains that point to each other grow exponentially. */
const MAX_SIGNATURES = 100;
/** Below it an RSA key can be broken, or will be soon. */
const MIN_RSA_BITS = 2048;
const WEAK = /md5|md2|sha1(?!\d)|sha-1/i;

/** Undefined when there is a path from the certificate to a root along which everything holds. */
export function distrust({ certificate, intermediates, roots, at }: ChainQuestion): Distrust | undefined {
  if (certificate.ca) return 'authority-as-end-entity';
  const own = outsideValidity(certificate, at);
  if (own !== undefined) return own;
  let signatures = 0;
  let found: Distrust = 'unknown-issuer';
  const isSignedBy = (subject: X509Certificate, issuer: X509Certificate): boolean => {
    if (!names(subject, issuer) || signatures >= MAX_SIGNATURES) return false;
    signatures += 1;
    return subject.verify(issuer.publicKey);
  };
  /** @param below Authorities between this certificate and the one that is asked about. */
  const reaches = (subject: X509Certificate, below: number, seen: readonly X509Certificate[]): boolean => {
    if (roots.some((root) => !hasNameConstraints(root.raw) && isSignedBy(subject, root))) return true;
    if (below >= MAX_INTERMEDIATES) return false;
    return intermediates.some((issuer) => {
      if (seen.includes(issuer) || !mayIssue(issuer, below) || !isSignedBy(subject, issuer)) return false;
      const reason = outsideValidity(issuer, at);
      if (reason !== undefined) found = reason;
      return reason === undefined && reaches(issuer, below + 1, [...seen, issuer]);
    });
  };
  if (reaches(certificate, 0, [certificate])) return undefined;
  return signatures >= MAX_SIGNATURES ? 'too-much-work' : found;
}

/** Whether an authority that nobody vouches for may have so many authorities below it. */
function mayIssue(issuer: X509Certificate, below: number): boolean {
  return issuer.ca && (pathLength(issuer.raw) ?? Infinity) >= below && !hasNameConstraints(issuer.raw);
}

/** Everything about a signature but its mathematics, which cost most. */
function names(subject: X509Certificate, issuer: X509Certificate): boolean {
  if (!subject.checkIssued(issuer) || WEAK.test(subject.signatureAlgorithm ?? 'md5')) return false;
  const { modulusLength } = issuer.publicKey.asymmetricKeyDetails ?? {};
  return modulusLength === undefined || modulusLength >= MIN_RSA_BITS;
}

function outsideValidity({ validFromDate, validToDate }: X509Certificate, at: Date): Distrust | undefined {
  if (at > validToDate) return 'expired';
  return at < validFromDate ? 'not-yet-valid' : undefined;
}
