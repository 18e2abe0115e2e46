import { randomBytes, sign, type KeyObject } from 'node:crypto';
import { bitString, contextConstructed, objectIdentifier, sequence, time, unsignedInteger } from './der.ts';
import { publicKeyInfo } from './extensions.ts';

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

const X509_VERSION_3 = Uint8Array.of(2);
const SERIAL_OCTETS = 16;

/** The fields of a certificate that differ from one to the next. Names and extensions are DER. */
export interface CertificateFields {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Uint8Array[];
}

/** A version 3 certificate as PEM, signed by an EC P-256 key with ECDSA and SHA-256 (RFC 5280, section 4.1). */
export function signCertificate(fields: CertificateFields, issuerKey: KeyObject): string {
  const algorithm = sequence(objectIdentifier(ECDSA_WITH_SHA256));
  const toBeSigned = sequence(
    contextConstructed(0, unsignedInteger(X509_VERSION_3)),
    unsignedInteger(serialNumber()),
    algorithm,
    fields.issuer,
    sequence(time(fields.notBefore), time(fields.notAfter)),
    fields.subject,
    publicKeyInfo(fields.publicKey),
    contextConstructed(3, sequence(...fields.extensions)),
  );
  return pem(sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, issuerKey))));
}

/** 128 random bits; the integer's encoding keeps them positive. Zero, which RFC 5280 forbids, is drawn again. */
function serialNumber(): Buffer {
  for (;;) {
    const serial = randomBytes(SERIAL_OCTETS);
    if (serial.some((octet) => octet !== 0)) return serial;
  }
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
