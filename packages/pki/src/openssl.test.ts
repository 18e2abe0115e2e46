import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { createAuthority, issueCertificate } from './authority.ts';

const missing = spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not installed';

function openssl(...words: string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync('openssl', words, { encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

suite('the openssl verifier', { skip: missing }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-pki-'));
  after(() => rmSync(folder, { recursive: true }));
  const now = new Date();
  const authority = createAuthority({ commonName: 'Authority', validForDays: 40_000, now });
  const leaf = issueCertificate(authority, {
    commonName: 'leaf',
    organizations: ['group'],
    dnsNames: ['ostiary.example'],
    ipAddresses: ['192.0.2.7', '2001:db8::7'],
    usages: ['server'],
    validForDays: 30_000,
    now,
  });
  const [authorityFile, leafFile] = [join(folder, 'ca.pem'), join(folder, 'leaf.pem')];
  writeFileSync(authorityFile, authority.certificatePem);
  writeFileSync(leafFile, leaf.certificatePem);

  const verify = (...words: string[]) =>
    openssl('verify', '-x509_strict', '-CAfile', authorityFile, ...words, leafFile);

  test('accepts name, addresses and purpose under strict rules', () => {
    for (const name of [
      ['-verify_hostname', 'ostiary.example'],
      ['-verify_ip', '192.0.2.7'],
      ['-verify_ip', '2001:db8::7'],
    ]) {
      const { status, text } = verify('-purpose', 'sslserver', ...name);
      assert.equal(status, 0, text);
    }
  });

  test('refuses another purpose', () => assert.notEqual(verify('-purpose', 'sslclient').status, 0));

  test('reads the extensions as meant', () => {
    const { text } = openssl('x509', '-in', leafFile, '-noout', '-text');
    assert.match(text, /Version: 3/);
    assert.match(text, /Basic Constraints: critical\s+CA:FALSE/);
    assert.match(text, /Key Usage: critical\s+Digital Signature\n/);
    assert.match(text, /ecdsa-with-SHA256/);
    const { text: authorityText } = openssl('x509', '-in', authorityFile, '-noout', '-text');
    assert.match(authorityText, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    assert.match(authorityText, /Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
  });
});
