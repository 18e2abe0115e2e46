import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { HashAlgorithm, PublicKeyDetails, TrustedRoot } from '@sigstore/protobuf-specs';
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock';
import { toTrustMaterial } from '@sigstore/verify';
import type { TrustRoot } from '../trust-root.ts';

/** Who a certificate is for. */
export interface TestIdentity {
  readonly subject: string;
  readonly issuer: string;
  readonly repository?: string;
  /** What the newer of the two issuer extensions says, if it isn't the same. */
  readonly otherIssuer?: string;
}

/** A signer with a short-lived certificate. */
export interface TestSigner {
  readonly privateKey: KeyObject;
  /** DER. */
  readonly certificate: Buffer;
}

/** What a log answers to an entry. */
export interface LogReceipt {
  readonly body: string;
  readonly integratedTime: number;
  readonly logIndex: number;
  readonly logID: string;
  readonly promise: string;
  readonly proof: {
    readonly logIndex: number;
    readonly treeSize: number;
    readonly rootHash: string;
    readonly checkpoint: string;
  };
}

/** A private Sigstore in this process: authority, certificate log, signature log and timestamp authority. */
export interface TestSigstore {
  readonly root: TrustRoot;
  readonly rootJson: unknown;
  certify(identity: TestIdentity): Promise<TestSigner>;
  log(entry: object): Promise<LogReceipt>;
  timestamp(signature: Buffer): Promise<Buffer>;
}

type LogAnswer = Omit<LogReceipt, 'promise' | 'proof'> & {
  readonly verification: { readonly signedEntryTimestamp: string; readonly inclusionProof: LogReceipt['proof'] };
};

export interface TestSigstoreOptions {
  /** Issues certificates that no log has seen. */
  readonly withoutCertificateLog?: boolean;
}

const LOG_URL = 'https://rekor.test';

/** An ECDSA P-256 key pair. */
export function keyPair() {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

/** PEM of a public key. */
export function publicPem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'spki' });
}

export async function createSigstore(options: TestSigstoreOptions = {}): Promise<TestSigstore> {
  const ctlog = await initializeCTLog(keyPair());
  const ca = await initializeCA(keyPair(), options.withoutCertificateLog === true ? undefined : ctlog);
  const tlog = await initializeTLog(LOG_URL, keyPair());
  const clock = new Date();
  const tsa = await initializeTSA(keyPair(), clock);
  const root: TrustedRoot = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: [authority([view(ca.rootCertificate)])],
    timestampAuthorities: [authority([view(tsa.intCertificate), view(tsa.rootCertificate)])],
    tlogs: [logAuthority(LOG_URL, tlog.publicKey)],
    ctlogs: [logAuthority('https://ctfe.test', ctlog.publicKey)],
  };
  return {
    root: { material: toTrustMaterial(root) },
    rootJson: TrustedRoot.toJSON(root),
    async certify(identity) {
      const { publicKey, privateKey } = keyPair();
      const certificate = await ca.issueCertificate({
        publicKey: publicKey.export({ format: 'der', type: 'spki' }),
        subjectAltName: identity.subject,
        extensions: extensionsOf(identity),
      });
      return { privateKey, certificate: view(certificate) };
    },
    async log(entry) {
      // The types of the log's answers are in a package that is not installed.
      const answers: Readonly<Record<string, LogAnswer>> = await tlog.log(entry);
      const [answer] = Object.values(answers);
      if (answer === undefined) throw new Error('the log gave no answer');
      const { verification, ...entryFields } = answer;
      return {
        ...entryFields,
        promise: verification.signedEntryTimestamp,
        proof: verification.inclusionProof,
      };
    },
    async timestamp(signature) {
      // Whole seconds, as timestamp authorities give them: the reader takes no fractions that end in zero.
      clock.setTime(Math.floor(Date.now() / 1000) * 1000);
      const response = await tsa.timestamp({
        artifactHash: createHash('sha256').update(signature).digest(),
        hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
        nonce: 1,
        policyOID: '1.3.6.1.4.1.57264.2',
        certReq: true,
      });
      return view(response);
    },
  };
}

function view(bytes: ArrayBufferView): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function authority(certificates: readonly Buffer[]) {
  return {
    subject: { commonName: 'test', organization: 'test' },
    uri: 'https://authority.test',
    certChain: { certificates: certificates.map((rawBytes) => ({ rawBytes })) },
    validFor: { start: new Date(0) },
    operator: '',
  };
}

function logAuthority(baseUrl: string, publicKey: Buffer) {
  return {
    baseUrl,
    hashAlgorithm: HashAlgorithm.SHA2_256,
    publicKey: {
      rawBytes: publicKey,
      keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256,
      validFor: { start: new Date(0) },
    },
    logId: { keyId: createHash('sha256').update(publicKey).digest() },
    checkpointKeyId: undefined,
    operator: '',
  };
}

function extensionsOf({ issuer, repository, otherIssuer = issuer }: TestIdentity) {
  const legacy = (oid: string, value: string) => ({ oid: `1.3.6.1.4.1.57264.1.${oid}`, value, legacy: true });
  return [
    legacy('1', issuer),
    { oid: '1.3.6.1.4.1.57264.1.8', value: otherIssuer },
    ...(repository === undefined ? [] : [legacy('5', repository)]),
  ];
}

/** A signature as every signer in these tests makes it. */
export function signSha256(key: KeyObject, message: Uint8Array): Buffer {
  return sign('sha256', message, key);
}
