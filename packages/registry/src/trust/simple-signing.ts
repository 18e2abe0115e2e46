import { createHash, X509Certificate } from 'node:crypto';
import type { Bundle, TransparencyLogEntry } from '@sigstore/bundle';
import type { HashAlgorithm } from '@sigstore/protobuf-specs';
import { decodeBase64, objectAt, parseObject, stringEntries, type JsonObject } from './json.ts';
import { MAX_ANNOTATION_CHARACTERS } from './limits.ts';
import { unusable, type Signature } from './signature.ts';

/** The media type of the layers of a `sha256-….sig` image. */
export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';

/** Its number, so that the enumeration's library isn't loaded for it. */
const SHA2_256: HashAlgorithm.SHA2_256 = 1;

const ANNOTATION = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  log: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const;

/** A layer of a signature image: its bytes are the payload, everything else is in its annotations. */
export interface SimpleSigningLayer {
  readonly label: string;
  readonly payload: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Reads a layer of the format with tags (authoring contract §5.3), as a bundle without envelope.
 *
 * @throws {UnusableSignature} When it is malformed, or speaks of another image than `digest`.
 */
export function readSimpleSigning({ label, payload, annotations }: SimpleSigningLayer, digest: string): Signature {
  const document = parseObject(payload, 'the payload');
  const claimed = objectAt(document, 'critical', 'image')?.['docker-manifest-digest'];
  if (claimed !== digest) unusable('the payload names another image digest');
  const signature = decodeBase64(annotation(annotations, ANNOTATION.signature), 'the signature annotation');
  const certificate = readCertificate(annotation(annotations, ANNOTATION.certificate));
  const log = annotation(annotations, ANNOTATION.log);
  const timestamp = annotation(annotations, ANNOTATION.timestamp);
  const bundle: Bundle = {
    mediaType: '',
    verificationMaterial: {
      content:
        certificate === undefined
          ? { $case: 'publicKey', publicKey: { hint: '' } }
          : { $case: 'certificate', certificate: { rawBytes: certificate } },
      tlogEntries: log === undefined ? [] : [readLogEntry(log)],
      timestampVerificationData: { rfc3161Timestamps: timestamp === undefined ? [] : [readTimestamp(timestamp)] },
    },
    content: {
      $case: 'messageSignature',
      messageSignature: {
        messageDigest: { algorithm: SHA2_256, digest: createHash('sha256').update(payload).digest() },
        signature,
      },
    },
  };
  const extras = stringEntries(objectAt(document, 'optional'));
  return { label, message: payload, signature, annotations: extras, certificate, bundle, detached: true };
}

/** An empty annotation is as good as none: some registries fill them in. */
function annotation(annotations: Readonly<Record<string, string>>, name: string): string | undefined {
  const value = Object.hasOwn(annotations, name) ? annotations[name] : undefined;
  if (value === undefined || value === '') return undefined;
  if (value.length > MAX_ANNOTATION_CHARACTERS) unusable(`the annotation ${name} is too long`);
  return value;
}

function readCertificate(pem: string | undefined): Buffer | undefined {
  if (pem === undefined) return undefined;
  try {
    return new X509Certificate(pem).raw;
  } catch {
    unusable('the certificate annotation is not a PEM certificate');
  }
}

function readLogEntry(text: string): TransparencyLogEntry {
  const bundle = parseObject(Buffer.from(text), 'the log annotation');
  const payload = objectAt(bundle, 'Payload') ?? unusable('the log annotation has no payload');
  const canonicalizedBody = decodeBase64(payload['body'], 'the body of the log entry');
  const body = parseObject(canonicalizedBody, 'the body of the log entry');
  const logId = payload['logID'];
  if (typeof logId !== 'string' || !/^[0-9a-f]{64}$/.test(logId)) unusable('the log entry names no log');
  return {
    logIndex: wholeNumber(payload, 'logIndex'),
    logId: { keyId: Buffer.from(logId, 'hex') },
    kindVersion: { kind: String(body['kind']), version: String(body['apiVersion']) },
    integratedTime: wholeNumber(payload, 'integratedTime'),
    inclusionPromise: {
      signedEntryTimestamp: decodeBase64(bundle['SignedEntryTimestamp'], 'the promise of the log'),
    },
    inclusionProof: undefined,
    canonicalizedBody,
  };
}

function wholeNumber(payload: JsonObject, name: string): string {
  const value = payload[name];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? String(value)
    : unusable(`the log entry has no usable ${name}`);
}

function readTimestamp(text: string): { readonly signedTimestamp: Buffer } {
  const document = parseObject(Buffer.from(text), 'the timestamp annotation');
  return { signedTimestamp: decodeBase64(document['SignedRFC3161Timestamp'], 'the timestamp') };
}
