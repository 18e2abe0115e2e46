import { createPrivateKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { signCertificate } from './certificate.ts';
import {
  authorityConstraints,
  authorityKeyIdentifier,
  authorityKeyUsage,
  endEntityConstraints,
  endEntityKeyUsage,
  extendedKeyUsage,
  keyIdentifier,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from './extensions.ts';
import { readIssuer } from './issuer.ts';
import { PkiError } from './errors.ts';
import { alternativeNames, distinguishedName } from './names.ts';

/** A certificate and its key, as text that can be written to files as it is. */
export interface KeyedCertificate {
  /** One PEM certificate, ending with a newline. */
  readonly certificatePem: string;
  /** The EC P-256 key as PKCS#8 PEM, ending with a newline. */
  readonly privateKeyPem: string;
}

/** A certificate that may sign others. Its certificate is at once the CA bundle of everything it issues. */
export type Authority = KeyedCertificate;

export interface AuthorityOptions {
  readonly commonName: string;
  readonly validForDays: number;
  /** The time of issue. */
  readonly now: Date;
}

export interface CertificateOptions extends AuthorityOptions {
  /** Kubernetes reads them as the groups of a client. Default: none. */
  readonly organizations?: readonly string[];
  /** Names a server is reached by; `*.` may lead. Default: none. */
  readonly dnsNames?: readonly string[];
  /** IPv4 and IPv6 addresses a server is reached by. Default: none. */
  readonly ipAddresses?: readonly string[];
  /** What the certificate is good for: at least one. */
  readonly usages: readonly ('server' | 'client')[];
}

const MILLISECONDS_PER_DAY = 24 * 60 * 60 * 1000;

/** Certificates are valid from a little before they are issued, because their readers' clocks differ. */
const CLOCK_SKEW_MS = 5 * 60 * 1000;

/** The last second that a certificate can express (RFC 5280, section 4.1.2.5). */
const END_OF_TIME = Date.UTC(9999, 11, 31, 23, 59, 59);

/** Makes a self-signed certificate authority. Throws PkiError `invalid-name` or `invalid-validity`. */
export function createAuthority({ commonName, validForDays, now }: AuthorityOptions): Authority {
  const { publicKey, privateKey } = generateKeys();
  const name = distinguishedName(commonName);
  const certificatePem = signCertificate(
    {
      issuer: name,
      subject: name,
      ...validity(now, validForDays),
      publicKey,
      extensions: [authorityConstraints(), authorityKeyUsage(), subjectKeyIdentifier(keyIdentifier(publicKey))],
    },
    privateKey,
  );
  return { certificatePem, privateKeyPem: pkcs8(privateKey) };
}

/**
 * Issues a certificate with a fresh key. It never outlives its authority: its end is brought forward if need be.
 * Throws PkiError `invalid-name`, `invalid-address`, `invalid-usage`, `invalid-validity` or `invalid-authority`.
 */
export function issueCertificate(authority: Authority, options: CertificateOptions): KeyedCertificate {
  const { commonName, organizations, dnsNames = [], ipAddresses = [], usages, validForDays, now } = options;
  const issuer = openAuthority(authority);
  const { publicKey, privateKey } = generateKeys();
  const { notBefore, notAfter } = validity(now, validForDays);
  if (notBefore > issuer.notAfter) throw new PkiError('invalid-validity', 'the authority has expired');
  if (usages.length === 0) throw new PkiError('invalid-usage', 'a certificate needs a usage: server, client or both');
  const hasAlternativeNames = dnsNames.length > 0 || ipAddresses.length > 0;
  const certificatePem = signCertificate(
    {
      issuer: issuer.subject,
      subject: distinguishedName(commonName, organizations),
      notBefore,
      notAfter: notAfter < issuer.notAfter ? notAfter : issuer.notAfter,
      publicKey,
      extensions: [
        endEntityConstraints(),
        endEntityKeyUsage(),
        extendedKeyUsage(usages),
        subjectKeyIdentifier(keyIdentifier(publicKey)),
        authorityKeyIdentifier(issuer.keyIdentifier),
        ...(hasAlternativeNames ? [subjectAlternativeName(alternativeNames(dnsNames, ipAddresses))] : []),
      ],
    },
    issuer.key,
  );
  return { certificatePem, privateKeyPem: pkcs8(privateKey) };
}

function generateKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' });
}

function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  const end = now.getTime() + days * MILLISECONDS_PER_DAY;
  if (!(days > 0) || !(end <= END_OF_TIME)) {
    throw new PkiError('invalid-validity', `a certificate can't be valid for ${days} days`);
  }
  return { notBefore: new Date(now.getTime() - CLOCK_SKEW_MS), notAfter: new Date(end) };
}

interface Issuer {
  readonly subject: Buffer;
  readonly keyIdentifier: Buffer;
  readonly notAfter: Date;
  readonly key: KeyObject;
}

function openAuthority({ certificatePem, privateKeyPem }: Authority): Issuer {
  const { certificate, key } = readPair(certificatePem, privateKeyPem);
  if (!certificate.ca) throw new PkiError('invalid-authority', 'the certificate is not that of an authority');
  if (!certificate.checkPrivateKey(key)) {
    throw new PkiError('invalid-authority', "the authority's key does not belong to its certificate");
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new PkiError('invalid-authority', "the authority's key is not on the curve P-256");
  }
  const { subject, keyIdentifier: identifier } = readIssuer(certificate.raw);
  return { subject, keyIdentifier: identifier ?? keyIdentifier(key), notAfter: certificate.validToDate, key };
}

function readPair(certificatePem: string, privateKeyPem: string): { certificate: X509Certificate; key: KeyObject } {
  try {
    return { certificate: new X509Certificate(certificatePem), key: createPrivateKey(privateKeyPem) };
  } catch (cause) {
    throw new PkiError('invalid-authority', "the authority's certificate or key is unreadable", { cause });
  }
}
