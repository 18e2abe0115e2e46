import { createHash, type KeyObject } from 'node:crypto';
import { dsse, pem } from '@sigstore/core';
import type { LogReceipt, TestSigner, TestSigstore } from './sigstore.ts';
import { signSha256 } from './sigstore.ts';

/** A layer of a signature image. */
export interface TestLayer {
  readonly payload: Buffer;
  readonly annotations: Record<string, string>;
}

export function sha256(bytes: Uint8Array | string): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** What simple signing signs. */
export function payloadFor(digest: string, optional: object | null = null): Buffer {
  const critical = {
    identity: { 'docker-reference': 'registry.test/policy' },
    image: { 'docker-manifest-digest': digest },
    type: 'cosign container image signature',
  };
  return Buffer.from(JSON.stringify({ critical, optional }));
}

/** A layer signed with a key. */
export function keySignedLayer(key: KeyObject, digest: string, optional: object | null = null): TestLayer {
  const payload = payloadFor(digest, optional);
  return {
    payload,
    annotations: { 'dev.cosignproject.cosign/signature': signSha256(key, payload).toString('base64') },
  };
}

/** A layer signed with a certificate, and logged. */
export async function keylessLayer(
  sigstore: TestSigstore,
  signer: TestSigner,
  digest: string,
  optional: object | null = null,
): Promise<TestLayer> {
  const { payload, annotations } = keySignedLayer(signer.privateKey, digest, optional);
  const signature = annotations['dev.cosignproject.cosign/signature'] ?? '';
  const certificate = pem.fromDER(signer.certificate);
  const receipt = await sigstore.log(hashedRekord(signature, sha256(payload).toString('hex'), certificate));
  const { body, integratedTime, logIndex, logID, promise } = receipt;
  return {
    payload,
    annotations: {
      ...annotations,
      'dev.sigstore.cosign/certificate': certificate,
      'dev.sigstore.cosign/bundle': JSON.stringify({
        SignedEntryTimestamp: promise,
        Payload: { body, integratedTime, logIndex, logID },
      }),
    },
  };
}

/** A log entry of version 1 of Rekor. */
export function hashedRekord(signature: string, sha256Hex: string, certificate: string): object {
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: sha256Hex } },
      signature: { content: signature, publicKey: { content: Buffer.from(certificate).toString('base64') } },
    },
  };
}

/** How a bundle is put together. */
export interface BundleOptions {
  readonly content: 'dsse' | 'message';
  readonly rekor: 'v1' | 'v2' | 'none';
  readonly timestamp: boolean;
  readonly statement?: object;
  readonly manifest?: Uint8Array;
}

export function statementFor(digest: string, annotations?: object): object {
  const [algorithm = '', hex] = digest.split(':');
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { [algorithm]: hex }, ...(annotations === undefined ? {} : { annotations }) }],
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
    predicate: {},
  };
}

/** The JSON of a bundle; tests change it, so nothing is readonly. */
export interface TestBundle {
  mediaType: string;
  verificationMaterial: {
    publicKey?: { hint: string };
    certificate?: { rawBytes: string };
    tlogEntries: Awaited<ReturnType<typeof logEntry>>[];
    timestampVerificationData: { rfc3161Timestamps: { signedTimestamp: string }[] };
  };
  dsseEnvelope?: { payload: string; payloadType: string; signatures: { sig: string; keyid: string }[] };
  messageSignature?: { messageDigest: { algorithm: string; digest: string }; signature: string };
}

/** A Sigstore bundle as JSON, signed with a certificate or, without `signer.certificate`, with a key. */
export async function bundleJson(
  sigstore: TestSigstore,
  signer: { readonly privateKey: KeyObject; readonly certificate?: Buffer },
  digest: string,
  { content, rekor, timestamp, statement = statementFor(digest), manifest = Buffer.of() }: BundleOptions,
): Promise<TestBundle> {
  const payload = Buffer.from(JSON.stringify(statement));
  const payloadType = 'application/vnd.in-toto+json';
  const message = content === 'dsse' ? dsse.preAuthEncoding(payloadType, payload) : Buffer.from(manifest);
  const signature = signSha256(signer.privateKey, message);
  const certificate = signer.certificate?.toString('base64');
  const entries =
    rekor === 'none' ? [] : [await logEntry(sigstore, rekor, content, { message, payload, signature, certificate })];
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      ...(certificate === undefined ? { publicKey: { hint: 'test' } } : { certificate: { rawBytes: certificate } }),
      tlogEntries: entries,
      timestampVerificationData: {
        rfc3161Timestamps: timestamp
          ? [{ signedTimestamp: (await sigstore.timestamp(signature)).toString('base64') }]
          : [],
      },
    },
    ...(content === 'dsse'
      ? {
          dsseEnvelope: {
            payload: payload.toString('base64'),
            payloadType,
            signatures: [{ sig: signature.toString('base64'), keyid: '' }],
          },
        }
      : {
          messageSignature: {
            messageDigest: { algorithm: 'SHA2_256', digest: sha256(message).toString('base64') },
            signature: signature.toString('base64'),
          },
        }),
  };
}

interface Signed {
  readonly message: Buffer;
  readonly payload: Buffer;
  readonly signature: Buffer;
  readonly certificate: string | undefined;
}

async function logEntry(sigstore: TestSigstore, rekor: 'v1' | 'v2', content: 'dsse' | 'message', signed: Signed) {
  const entry = rekor === 'v2' ? hashedRekordV2(signed) : content === 'dsse' ? dsseEntry(signed) : hashedEntry(signed);
  const receipt = await sigstore.log(entry);
  return {
    logIndex: String(receipt.logIndex),
    logId: { keyId: Buffer.from(receipt.logID, 'hex').toString('base64') },
    kindVersion: { kind: entry.kind, version: entry.apiVersion },
    // The second version of the log promises nothing and tells no time.
    integratedTime: rekor === 'v2' ? '0' : String(receipt.integratedTime),
    ...(rekor === 'v2' ? {} : { inclusionPromise: { signedEntryTimestamp: receipt.promise } }),
    inclusionProof: inclusionProof(receipt),
    canonicalizedBody: receipt.body,
  };
}

function inclusionProof({ proof, body }: LogReceipt) {
  const leaf = createHash('sha256').update(Buffer.of(0)).update(Buffer.from(body, 'base64')).digest();
  return {
    logIndex: '0',
    rootHash: leaf.toString('base64'),
    treeSize: String(proof.treeSize),
    hashes: [],
    checkpoint: { envelope: proof.checkpoint },
  };
}

function hashedEntry({ message, signature, certificate = '' }: Signed) {
  return {
    kind: 'hashedrekord',
    apiVersion: '0.0.1',
    ...hashedRekord(signature.toString('base64'), sha256(message).toString('hex'), certificate),
  };
}

function dsseEntry({ payload, signature, certificate = '' }: Signed) {
  return {
    kind: 'dsse',
    apiVersion: '0.0.1',
    spec: {
      payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
      signatures: [{ signature: signature.toString('base64'), verifier: certificate }],
    },
  };
}

function hashedRekordV2({ message, signature, certificate = '' }: Signed) {
  return {
    kind: 'hashedrekord',
    apiVersion: '0.0.2',
    spec: {
      hashedRekordV002: {
        data: { algorithm: 'SHA2_256', digest: sha256(message).toString('base64') },
        signature: {
          content: signature.toString('base64'),
          verifier: { keyDetails: 'PKIX_ECDSA_P256_SHA_256', x509Certificate: { rawBytes: certificate } },
        },
      },
    },
  };
}
