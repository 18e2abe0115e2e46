import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';

/** A certificate with its key, as `@ostiary/pki` has them. */
export interface Keyed {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface IntermediateOptions {
  /** Its subject is one common name. */
  readonly issuer: Keyed;
  readonly commonName?: string;
  readonly validForDays: number;
  readonly now: Date;
  readonly isAuthority?: boolean;
  readonly pathLength?: number;
  readonly nameConstraints?: boolean;
  /** Default: a new one. */
  readonly key?: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const der = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (...octets: readonly number[]): Buffer => der(0x06, Buffer.from(octets));
const TRUE = der(0x01, Buffer.of(0xff));

const name = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(oid(0x55, 4, 3), der(0x0c, Buffer.from(commonName)))));
const time = (date: Date): Buffer =>
  der(
    0x17,
    Buffer.from(
      date
        .toISOString()
        .replace(/\.\d+Z$/, 'Z')
        .replaceAll(/[-:T]/g, '')
        .slice(2),
    ),
  );
const extension = (id: number, value: Buffer): Buffer => sequence(oid(0x55, 0x1d, id), TRUE, der(0x04, value));

/** An authority below another one, or something that is none. */
export function intermediate(options: IntermediateOptions): Keyed {
  const {
    issuer,
    commonName = 'intermediate',
    validForDays,
    now,
    isAuthority = true,
    pathLength,
    nameConstraints,
  } = options;
  const privateKeyPem =
    options.key ??
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const publicKey = createPublicKey(createPrivateKey(privateKeyPem)).export({ type: 'spki', format: 'der' });
  const issuerName = new X509Certificate(issuer.certificatePem).subject.replace(/^CN=/, '');
  const constraints = isAuthority
    ? [TRUE, ...(pathLength === undefined ? [] : [der(0x02, Buffer.of(pathLength))])]
    : [];
  const permitted = der(0xa0, sequence(der(0x82, Buffer.from('example.com'))));
  const extensions = [
    extension(0x13, sequence(...constraints)),
    ...(nameConstraints === true ? [extension(0x1e, sequence(permitted))] : []),
  ];
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(15)])),
    algorithm,
    name(issuerName),
    sequence(time(new Date(now.getTime() - 60_000)), time(new Date(now.getTime() + validForDays * DAY_MS))),
    name(commonName),
    publicKey,
    der(0xa3, sequence(...extensions)),
  );
  const signature = der(0x03, Buffer.of(0), sign('sha256', toBeSigned, issuer.privateKeyPem));
  const lines =
    sequence(toBeSigned, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return {
    certificatePem: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    privateKeyPem,
  };
}
