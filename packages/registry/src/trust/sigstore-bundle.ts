import { bundleFromJSON, type Bundle } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import { HashAlgorithm } from '@sigstore/protobuf-specs';
import { reasonOf } from './failure.ts';
import { isObject, objectAt, parseObject, stringEntries, type JsonObject } from './json.ts';
import { MAX_EVIDENCE } from './limits.ts';
import { unusable, type Signature } from './signature.ts';

const STATEMENT_PAYLOAD = 'application/vnd.in-toto+json';
const STATEMENT_TYPES: ReadonlySet<unknown> = new Set([
  'https://in-toto.io/Statement/v1',
  'https://in-toto.io/Statement/v0.1',
]);

/**
 * The statement that says no more than "I sign this". Any other predicate is an attestation, such as a list of the
 * vulnerabilities found: that its author is trusted doesn't mean that the image is.
 */
const SIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1';

/** The image that a bundle is to be about. */
export interface SignedImage {
  /** Of its manifest, as in `sha256:…`. */
  readonly digest: string;
  /** Its manifest, which a bundle without envelope signs as it is. */
  readonly manifest: () => Promise<Uint8Array>;
}

/**
 * Reads a Sigstore bundle (a referrer of the image).
 *
 * @throws {UnusableSignature} When it is malformed, no signature, or speaks of another image.
 */
export async function readSigstoreBundle(label: string, bytes: Uint8Array, image: SignedImage): Promise<Signature> {
  const bundle = decode(bytes);
  const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial;
  const timestamps = timestampVerificationData?.rfc3161Timestamps ?? [];
  if (tlogEntries.length > MAX_EVIDENCE || timestamps.length > MAX_EVIDENCE) {
    unusable(`the bundle has more than ${MAX_EVIDENCE} log entries or timestamps`);
  }
  const certificate = leafOf(bundle);
  const { content } = bundle;
  if (content.$case === 'dsseEnvelope') {
    const { payload, payloadType, signatures } = content.dsseEnvelope;
    if (payloadType !== STATEMENT_PAYLOAD) unusable('the envelope holds no in-toto statement');
    const subject = signedSubject(parseObject(payload, 'the statement'), image.digest);
    const [only] = signatures;
    if (only === undefined || signatures.length !== 1) unusable('the envelope does not have exactly one signature');
    const message = dsse.preAuthEncoding(payloadType, payload);
    const annotations = stringEntries(objectAt(subject, 'annotations'));
    return { label, message, signature: only.sig, annotations, certificate, bundle, detached: false };
  }
  const { messageDigest, signature } = content.messageSignature;
  const claimed = `sha256:${messageDigest.digest.toString('hex')}`;
  if (messageDigest.algorithm !== HashAlgorithm.SHA2_256 || claimed !== image.digest) {
    unusable('the bundle names another image digest');
  }
  const message = Buffer.from(await image.manifest());
  return { label, message, signature, annotations: new Map(), certificate, bundle, detached: true };
}

function decode(bytes: Uint8Array): Bundle {
  const document = parseObject(bytes, 'the bundle');
  try {
    return bundleFromJSON(document);
  } catch (error) {
    unusable(`the bundle is malformed: ${reasonOf(error)}`);
  }
}

function leafOf(bundle: Bundle): Buffer | undefined {
  const { content } = bundle.verificationMaterial;
  switch (content.$case) {
    case 'certificate':
      return content.certificate.rawBytes;
    case 'x509CertificateChain':
      return content.x509CertificateChain.certificates[0]?.rawBytes;
    case 'publicKey':
      return undefined;
  }
}

/** The subject of a signing statement that is the image. */
function signedSubject(statement: JsonObject, digest: string): JsonObject {
  if (!STATEMENT_TYPES.has(statement['_type'])) unusable('the envelope holds no in-toto statement');
  if (statement['predicateType'] !== SIGN_PREDICATE) unusable('an attestation, not a signature');
  const subjects = statement['subject'];
  const [algorithm = '', hex] = digest.split(':');
  const found = Array.isArray(subjects)
    ? subjects.filter(isObject).find((subject) => {
        const digests = objectAt(subject, 'digest');
        return digests !== undefined && Object.hasOwn(digests, algorithm) && digests[algorithm] === hex;
      })
    : undefined;
  return found ?? unusable('the statement names another image digest');
}
