import assert from 'node:assert/strict';
import { rootCertificates } from 'node:tls';
import { test } from 'node:test';
import { X509Certificate } from 'node:crypto';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import { asking, type Asking } from '../testing/ask.ts';
import { parseMoment } from './moment.ts';
import { intermediate, type IntermediateOptions, type Keyed } from './testing/intermediate.ts';

const TRUSTED = 'crypto/v1/is_certificate_trusted';
const DAY_MS = 24 * 60 * 60 * 1000;
const now = new Date();
const authority = createAuthority({ commonName: 'root', validForDays: 100, now });
const other = createAuthority({ commonName: 'other', validForDays: 100, now });
const usages = ['server'] as const;
const leaf = issueCertificate(authority, { commonName: 'leaf', usages, validForDays: 10, now });

const pem = (text: string) => ({ encoding: 'Pem', data: [...Buffer.from(text)] });
const der = (text: string) => ({ encoding: 'Der', data: [...new X509Certificate(text).raw] });
const at = (days: number): string => new Date(now.getTime() + days * DAY_MS).toISOString();

const no = (reason: string) => ({ trusted: false, reason });
const YES = { trusted: true, reason: '' };
const UNTRUSTED = no('Certificate is not trusted by the provided cert chain');
const EXPIRED = no('Certificate is being used after its expiration date');
const EARLY = no('Certificate is being used before its validity date');

const ask = (t: Parameters<typeof asking>[0]) => {
  const { json, error }: Asking = asking(t);
  return {
    json: async (cert: object, chain: readonly object[] | null, moment?: string | null) =>
      json(TRUSTED, { cert, cert_chain: chain, ...(moment !== undefined && { not_after: moment }) }),
    error,
  };
};

test('what is trusted, and why not', async (t) => {
  const { json } = ask(t);
  const [cert, root, stranger] = [leaf, authority, other].map(({ certificatePem }) => pem(certificatePem));
  assert.ok(cert && root && stranger);
  const rows: readonly [object, readonly object[] | null, string | null | undefined, object][] = [
    [cert, [root], undefined, YES],
    [der(leaf.certificatePem), [der(authority.certificatePem)], null, YES],
    [cert, [stranger, root], '', YES],
    [cert, [root], at(5), YES],
    [cert, [root], at(20), EXPIRED],
    [cert, [root], at(-5), EARLY],
    [cert, [stranger], undefined, UNTRUSTED],
    [cert, [root, stranger], undefined, UNTRUSTED],
    [cert, [], undefined, UNTRUSTED],
    [cert, null, undefined, UNTRUSTED],
    [cert, [cert], undefined, UNTRUSTED],
    [root, [root], undefined, no('Certificate not trusted: CaUsedAsEndEntity')],
  ];
  for (const [certificate, chain, moment, expected] of rows) {
    assert.deepEqual(await json(certificate, chain, moment), expected, JSON.stringify([chain?.length, moment]));
  }
});

test('a root is trusted however old it is', async (t) => {
  const past = new Date(now.getTime() - 200 * DAY_MS);
  const old = createAuthority({ commonName: 'old', validForDays: 100, now: past });
  const cert = issueCertificate(old, { commonName: 'leaf', usages, validForDays: 50, now: past });
  const { json } = ask(t);
  const chain = [pem(old.certificatePem)];
  assert.deepEqual(await json(pem(cert.certificatePem), chain, at(-160)), YES);
  assert.deepEqual(await json(pem(cert.certificatePem), chain), EXPIRED);
});

const leafOf = (issuer: Keyed, key?: string): object =>
  pem(
    intermediate({ issuer, commonName: 'leaf', validForDays: 20, now, isAuthority: false, ...(key && { key }) })
      .certificatePem,
  );

test('authorities in between', async (t) => {
  const { json } = ask(t);
  const below = (issuer: Keyed, options: Partial<IntermediateOptions> = {}): Keyed =>
    intermediate({ issuer, validForDays: 30, now, ...options });
  const root = pem(authority.certificatePem);
  const judged = async (last: Keyed, ...chain: readonly Keyed[]): Promise<unknown> =>
    json(leafOf(last), [...chain.map(({ certificatePem }) => pem(certificatePem)), root]);
  const middle = below(authority);
  assert.deepEqual(await judged(middle, middle), YES);
  assert.deepEqual(await judged(middle), UNTRUSTED, 'it is missing');
  const short = below(authority, { pathLength: 0 });
  assert.deepEqual(await judged(short, short), YES);
  const deep = below(short, { commonName: 'deep' });
  assert.deepEqual(await judged(deep, deep, short), UNTRUSTED, 'the path is longer than it may be');
  const long = below(authority, { pathLength: 1, commonName: 'long' });
  const fine = below(long, { commonName: 'fine' });
  assert.deepEqual(await judged(fine, long, fine), YES);
  const none = below(authority, { isAuthority: false });
  assert.deepEqual(await judged(none, none), UNTRUSTED, 'it is no authority');
  const narrowed = below(authority, { nameConstraints: true });
  assert.deepEqual(await judged(narrowed, narrowed), UNTRUSTED, 'it is narrowed to names');
  const expired = below(authority, { now: new Date(now.getTime() - 3 * DAY_MS), validForDays: 1 });
  assert.deepEqual(await judged(expired, expired), EXPIRED);
  const forged = { ...middle, privateKeyPem: deep.privateKeyPem };
  assert.deepEqual(await judged(forged, middle), UNTRUSTED, 'another key has signed it');
});

test('a chain in which everybody has signed everybody ends', async (t) => {
  const key = intermediate({ issuer: authority, validForDays: 30, now }).privateKeyPem;
  const self: Keyed = { certificatePem: other.certificatePem, privateKeyPem: key };
  const all = Array.from({ length: 30 }, () =>
    intermediate({ issuer: self, commonName: 'other', validForDays: 30, now, key }),
  );
  const { json } = ask(t);
  const chain = [...all.map(({ certificatePem }) => pem(certificatePem)), pem(authority.certificatePem)];
  const started = performance.now();
  assert.deepEqual(await json(leafOf(self), chain), no('Certificate not trusted: MaximumSignatureChecksExceeded'));
  assert.ok(performance.now() - started < 2000);
});

test("Mozilla's roots count without a chain", async (t) => {
  const { json } = ask(t);
  const root = rootCertificates[0] ?? '';
  assert.deepEqual(await json(pem(root), null), no('Certificate not trusted: CaUsedAsEndEntity'));
});

test('what can not be read', async (t) => {
  const { error } = ask(t);
  const cert = pem(leaf.certificatePem);
  const rows: readonly [object, RegExp][] = [
    [{ cert, not_after: 'yesterday' }, /^Timestamp not_after is not in RFC3339 format$/],
    [{ cert: pem('x') }, /^the certificate is not PEM$/],
    [{ cert: { ...cert, encoding: 'Der' } }, /^the certificate is not DER$/],
    [{ cert: { encoding: 'Der', data: [1, 2, 3] } }, /^the certificate is not a valid certificate$/],
    [
      { cert, cert_chain: [cert, pem('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')] },
      /^cert_chain\[1\] is not a valid certificate$/,
    ],
    [
      { cert, cert_chain: Array.from({ length: 65 }, () => ({ encoding: 'Der', data: [] })) },
      /cert_chain has more than 64 certificates$/,
    ],
  ];
  for (const [payload, expected] of rows) assert.match(await error(TRUSTED, payload), expected);
});

test('timestamps of RFC 3339, and others', () => {
  const rows: readonly [string, string | undefined][] = [
    ['2020-01-02T03:04:05Z', '2020-01-02T03:04:05.000Z'],
    ['2020-01-02t03:04:05.999z', '2020-01-02T03:04:05.000Z'],
    ['2020-01-02T03:04:05+01:30', '2020-01-02T01:34:05.000Z'],
    ['2020-01-02 03:04:05-00:00', '2020-01-02T03:04:05.000Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['2021-02-29T00:00:00Z', undefined],
    ['2020-13-01T00:00:00Z', undefined],
    ['2020-01-01T24:00:00Z', undefined],
    ['2020-01-01T00:00:00', undefined],
    ['2020-01-01', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of rows) assert.equal(parseMoment(text)?.toISOString(), expected, text);
});
