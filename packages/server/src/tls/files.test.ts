import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createSecureContext } from 'node:tls';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import { TrackedFiles } from '../generation/tracked-files.ts';
import { readTls, TlsError } from './files.ts';

const now = new Date();
const authority = createAuthority({ commonName: 'test CA', validForDays: 1, now });
const other = createAuthority({ commonName: 'other CA', validForDays: 1, now });
const leaf = issue(now);
const renewed = issue(now);

function issue(from: Date): { certificatePem: string; privateKeyPem: string } {
  return issueCertificate(authority, {
    commonName: 'gate',
    dnsNames: ['localhost'],
    usages: ['server'],
    validForDays: 1,
    now: from,
  });
}

function reencoded(type: 'sec1' | 'pkcs8', passphrase?: string): string {
  const protection = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return createPrivateKey(leaf.privateKeyPem).export({ type, format: 'pem', ...protection });
}

async function read(t: TestContext, cert: string, key: string, cas: readonly string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-tls-'));
  t.after(() => rm(folder, { recursive: true }));
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const clientCas = await Promise.all(cas.map((text, index) => write(`ca-${index}.pem`, text)));
  const paths = { certificate: await write('cert.pem', cert), privateKey: await write('key.pem', key), clientCas };
  return readTls(paths, new TrackedFiles());
}

const DAMAGED = authority.certificatePem.replace(/[A-Za-z0-9]{20}/, 'AAAA');
const EXPIRED = issue(new Date(now.getTime() - 10 * 24 * 60 * 60 * 1000));

describe('certificate files', () => {
  for (const [name, cert, key, cas] of [
    ['a certificate and its key', leaf.certificatePem, leaf.privateKeyPem, []],
    ['a chain', leaf.certificatePem + authority.certificatePem, leaf.privateKeyPem, []],
    ['text around PEM', `subject=gate\n${leaf.certificatePem}`, `# key\n${leaf.privateKeyPem}`, []],
    ['an EC key of its own format', leaf.certificatePem, reencoded('sec1'), []],
    [
      'several authorities in several files',
      leaf.certificatePem,
      leaf.privateKeyPem,
      [authority.certificatePem, other.certificatePem],
    ],
    [
      'several authorities in one file',
      leaf.certificatePem,
      leaf.privateKeyPem,
      [authority.certificatePem + other.certificatePem],
    ],
    ['an expired certificate, which clients refuse', EXPIRED.certificatePem, EXPIRED.privateKeyPem, []],
  ] as const) {
    test(`are taken: ${name}`, async (t) => {
      const tls = await read(t, cert, key, cas);
      createSecureContext(tls);
      assert.equal(Array.isArray(tls.ca) ? tls.ca.length : 0, cas.length);
    });
  }

  for (const [name, cert, key, cas, message] of [
    [
      'half of a rotation: the new certificate first',
      renewed.certificatePem,
      leaf.privateKeyPem,
      [],
      /key\.pem: is not the private key/,
    ],
    [
      'half of a rotation: the new key first',
      leaf.certificatePem,
      renewed.privateKeyPem,
      [],
      /key\.pem: is not the private key/,
    ],
    [
      'the authority before the leaf',
      authority.certificatePem + leaf.certificatePem,
      leaf.privateKeyPem,
      [],
      /not the private key of the first/,
    ],
    [
      'a half-written certificate',
      leaf.certificatePem.slice(0, 300),
      leaf.privateKeyPem,
      [],
      /cert\.pem: expected PEM/,
    ],
    ['nothing', '', leaf.privateKeyPem, [], /cert\.pem: expected PEM/],
    ['a damaged chain', leaf.certificatePem + DAMAGED, leaf.privateKeyPem, [], /cert\.pem: expected PEM/],
    ['an encrypted key', leaf.certificatePem, reencoded('pkcs8', 'secret'), [], /key\.pem: expected PEM/],
    [
      'the second authority of a file damaged',
      leaf.certificatePem,
      leaf.privateKeyPem,
      [authority.certificatePem + DAMAGED],
      /ca-0\.pem: expected PEM/,
    ],
    ['a public key as key', leaf.certificatePem, publicKey(), [], /key\.pem: expected PEM/],
  ] as const) {
    test(`are refused: ${name}`, async (t) => {
      await assert.rejects(read(t, cert, key, cas), (error) => {
        assert.ok(error instanceof TlsError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /BEGIN/);
        return true;
      });
    });
  }
});

function publicKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
}
