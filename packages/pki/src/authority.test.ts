import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { suite, test } from 'node:test';
import { createAuthority, issueCertificate, type CertificateOptions } from './authority.ts';
import { PkiError, type PkiErrorCode } from './errors.ts';

const NOW = new Date('2030-06-01T12:00:00Z');
const authority = createAuthority({ commonName: 'Test authority', validForDays: 3650, now: NOW });
const authorityCertificate = new X509Certificate(authority.certificatePem);

function issue(options: Partial<CertificateOptions> = {}): X509Certificate {
  const base = { commonName: 'server', usages: ['server'], validForDays: 90, now: NOW } as const;
  return new X509Certificate(issueCertificate(authority, { ...base, ...options }).certificatePem);
}

const refused = (code: PkiErrorCode) => (error: unknown) => error instanceof PkiError && error.code === code;

suite('an authority', () => {
  test('is self-signed and may sign', () => {
    assert.equal(authorityCertificate.ca, true);
    assert.equal(authorityCertificate.subject, 'CN=Test authority');
    assert.equal(authorityCertificate.issuer, 'CN=Test authority');
    assert.ok(authorityCertificate.verify(authorityCertificate.publicKey));
    assert.ok(authorityCertificate.checkPrivateKey(createPrivateKey(authority.privateKeyPem)));
  });

  test('has a PKCS#8 key on P-256', () => {
    assert.match(authority.privateKeyPem, /^-----BEGIN PRIVATE KEY-----\n/);
    assert.equal(createPrivateKey(authority.privateKeyPem).asymmetricKeyDetails?.namedCurve, 'prime256v1');
  });

  test('starts five minutes early and ends on the day', () => {
    assert.equal(authorityCertificate.validFromDate.toISOString(), '2030-06-01T11:55:00.000Z');
    assert.equal(authorityCertificate.validToDate.toISOString(), '2040-05-29T12:00:00.000Z');
  });
});

suite('an issued certificate', () => {
  test('is signed by its authority', () => {
    const certificate = issue();
    assert.equal(certificate.ca, false);
    assert.ok(certificate.checkIssued(authorityCertificate));
    assert.ok(certificate.verify(authorityCertificate.publicKey));
    const other = new X509Certificate(
      createAuthority({ commonName: 'Test authority', validForDays: 1, now: NOW }).certificatePem,
    );
    assert.ok(!certificate.verify(other.publicKey));
    assert.ok(!certificate.checkIssued(other), 'the key identifiers differ although the names are the same');
  });

  test('answers to its names and to no others', () => {
    const certificate = issue({
      dnsNames: ['localhost', 'ostiary.kube-system.svc', '*.example.org'],
      ipAddresses: ['127.0.0.1', '::1', '2001:db8::ff00:42:8329', '::ffff:192.0.2.1'],
    });
    for (const host of ['localhost', 'ostiary.kube-system.svc', 'a.example.org']) {
      assert.ok(certificate.checkHost(host, { subject: 'never' }), host);
    }
    for (const host of ['server', 'svc', 'example.org', 'a.b.example.org']) {
      assert.equal(certificate.checkHost(host, { subject: 'never' }), undefined, host);
    }
    for (const ip of ['127.0.0.1', '::1', '2001:db8:0:0:0:ff00:42:8329', '::ffff:c000:201']) {
      assert.ok(certificate.checkIP(ip), ip);
    }
    for (const ip of ['127.0.0.2', '::2']) assert.equal(certificate.checkIP(ip), undefined, ip);
  });

  test('lists the purposes it was issued for', () => {
    const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };
    assert.deepEqual(issue({ usages: ['server'] }).keyUsage, [purposes.server]);
    assert.deepEqual(issue({ usages: ['client', 'server'] }).keyUsage, [purposes.client, purposes.server]);
  });

  test('names groups and user as Kubernetes reads them', () => {
    const { subject } = issue({ commonName: 'jane', organizations: ['system:masters', 'dév'], usages: ['client'] });
    assert.equal(subject, 'O=system:masters\nO=dév\nCN=jane');
  });

  test('ends with its authority at the latest', () => {
    const certificate = issue({ validForDays: 10_000 });
    assert.equal(certificate.validTo, authorityCertificate.validTo);
  });

  test('may end after 2049', () => {
    const lasting = createAuthority({ commonName: 'Lasting', validForDays: 36_500, now: NOW });
    assert.equal(new X509Certificate(lasting.certificatePem).validToDate.toISOString(), '2130-05-08T12:00:00.000Z');
  });

  test('has a serial number of its own', () => {
    const serials = new Set(Array.from({ length: 20 }, () => issue().serialNumber));
    assert.equal(serials.size, 20);
    for (const serial of serials) assert.match(serial, /^[0-9A-F]{24,32}$/);
  });

  const cases: [string, Partial<CertificateOptions>, PkiErrorCode][] = [
    ['an empty common name', { commonName: '' }, 'invalid-name'],
    ['a common name of 65 characters', { commonName: 'a'.repeat(65) }, 'invalid-name'],
    ['an empty organization', { organizations: [''] }, 'invalid-name'],
    ['a DNS name with a space', { dnsNames: ['a b'] }, 'invalid-name'],
    ['a DNS name beyond ASCII', { dnsNames: ['bücher.example'] }, 'invalid-name'],
    ['an address as DNS name', { dnsNames: ['127.0.0.1'] }, 'invalid-name'],
    ['a DNS name as address', { ipAddresses: ['localhost'] }, 'invalid-address'],
    ['an address with a zone', { ipAddresses: ['fe80::1%eth0'] }, 'invalid-address'],
    ['no usage', { usages: [] }, 'invalid-usage'],
    ['no days', { validForDays: 0 }, 'invalid-validity'],
    ['a number of days that is none', { validForDays: Number.NaN }, 'invalid-validity'],
    ['more days than a date can hold', { validForDays: 1e9 }, 'invalid-validity'],
    ['a time after the authority', { now: new Date('2050-01-01T00:00:00Z') }, 'invalid-validity'],
  ];
  for (const [what, options, code] of cases) {
    test(`is refused with ${what}`, () => assert.throws(() => issue(options), refused(code)));
  }
});

suite('an authority from elsewhere', () => {
  const leaf = issueCertificate(authority, { commonName: 'leaf', usages: ['server'], validForDays: 1, now: NOW });
  const strangerKey = createAuthority({ commonName: 'x', validForDays: 1, now: NOW }).privateKeyPem;
  const otherCurve = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  });
  const cases = [
    ['is refused if it is no authority', leaf],
    ['is refused with the key of another', { ...authority, privateKeyPem: strangerKey }],
    ['is refused with a key on another curve', { ...authority, privateKeyPem: otherCurve }],
    ['is refused if it is no certificate', { ...authority, certificatePem: 'nonsense' }],
    ['is refused if its key is none', { ...authority, privateKeyPem: '' }],
  ] as const;
  for (const [what, broken] of cases) {
    test(what, () => {
      const options = { commonName: 'a', usages: ['server'], validForDays: 1, now: NOW } as const;
      assert.throws(() => issueCertificate(broken, options), refused('invalid-authority'));
    });
  }
});
