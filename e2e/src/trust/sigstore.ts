import { createHash, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, rekorHandler } from '@sigstore/mock';

/** A private Sigstore on loopback: certificate authority and transparency log behind HTTP. */
export interface PrivateSigstore {
  readonly url: string;
  /** A `trusted_root.json`. */
  readonly trustedRoot: object;
  /** Tells cosign where to sign. */
  readonly signingConfig: object;
  stop(): void;
}

const SINCE = '2020-01-01T00:00:00Z';

/** Starts one. Its certificates name the subject of whatever token comes: it knows nobody. */
export async function startSigstore(): Promise<PrivateSigstore> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const ctlog = await initializeCTLog(keyPair());
  const ca = await initializeCA(keyPair(), ctlog);
  const tlog = await initializeTLog(url, keyPair());
  const handlers = [fulcioHandler(ca), rekorHandler(tlog)];
  server.on('request', (request, response) => {
    const handler = handlers.find(({ path }) => path === request.url);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void (async () => {
        const sent = Buffer.concat(chunks).toString();
        const answer = await handler?.fn(adapt(sent, request.headers.authorization));
        const { statusCode = 404, response: body = '', contentType = 'text/plain' } = answer ?? {};
        // A certificate comes with 200 from the real authority, and cosign insists.
        const status = handler === handlers[0] && statusCode === 201 ? 200 : statusCode;
        response.writeHead(status, { 'content-type': contentType, etag: entryName(body) }).end(body);
      })();
    });
  });
  const log = (baseUrl: string, key: Buffer) => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: key.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start: SINCE } },
    logId: { keyId: createHash('sha256').update(key).digest('base64') },
  });
  const root = Buffer.from(ca.rootCertificate.buffer, ca.rootCertificate.byteOffset, ca.rootCertificate.byteLength);
  return {
    url,
    trustedRoot: {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [log(url, tlog.publicKey)],
      ctlogs: [log(`${url}/ct`, ctlog.publicKey)],
      certificateAuthorities: [
        {
          subject: { organization: 'sigstore.mock', commonName: 'sigstore' },
          uri: url,
          certChain: { certificates: [{ rawBytes: root.toString('base64') }] },
          validFor: { start: SINCE },
        },
      ],
      timestampAuthorities: [],
    },
    signingConfig: {
      mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
      caUrls: [{ url, majorApiVersion: 1, validFor: { start: SINCE }, operator: 'test' }],
      rekorTlogUrls: [{ url, majorApiVersion: 1, validFor: { start: SINCE }, operator: 'test' }],
      rekorTlogConfig: { selector: 'ANY' },
      tsaUrls: [],
      tsaConfig: { selector: 'ANY' },
    },
    stop: () => server.close(),
  };
}

/**
 * cosign puts the token into a header, where the handler doesn't look; and a real log keeps of an envelope only its
 * hashes and signatures.
 */
function adapt(body: string, authorization = ''): string {
  const request: unknown = JSON.parse(body);
  if (!isRecord(request)) return body;
  if (authorization !== '') {
    return JSON.stringify({ ...request, credentials: { oidcIdentityToken: authorization.replace(/^Bearer /, '') } });
  }
  const { spec } = request;
  const proposed = isRecord(spec) ? spec['proposedContent'] : undefined;
  if (!isRecord(proposed)) return body;
  const text = String(proposed['envelope']);
  const envelope: { payload: string; signatures: { sig: string }[] } = JSON.parse(text);
  const verifiers: unknown[] = Array.isArray(proposed['verifiers']) ? proposed['verifiers'] : [];
  const hash = (bytes: string | Buffer) => ({
    algorithm: 'sha256',
    value: createHash('sha256').update(bytes).digest('hex'),
  });
  const signatures = envelope.signatures.map(({ sig }, index) => ({ signature: sig, verifier: verifiers[index] }));
  const payloadHash = hash(Buffer.from(envelope.payload, 'base64'));
  return JSON.stringify({ ...request, spec: { envelopeHash: hash(text), payloadHash, signatures } });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The log's answer is a map with one entry, and its name is told again in a header. */
function entryName(body: string | ArrayBufferView): string {
  if (typeof body !== 'string') return '';
  return /^\{"([0-9a-f]{64})":/.exec(body)?.[1] ?? '';
}

function keyPair() {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

/** A token that nobody has signed. */
export function identityToken(subject: string, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 600;
  const payload = { aud: 'sigstore', sub: subject, exp, ...claims };
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part(payload)}.${Buffer.alloc(256, 1).toString('base64url')}`;
}
