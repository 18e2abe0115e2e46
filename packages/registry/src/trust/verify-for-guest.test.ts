import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { before, test } from 'node:test';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import { pem } from '@sigstore/core';
import { keylessLayer, keySignedLayer } from './testing/signatures.ts';
import { createSigstore, keyPair, publicPem, type TestSigner, type TestSigstore } from './testing/sigstore.ts';
import { DIGEST, REF, storeWith } from './testing/store.ts';
import {
  verifyCertificate,
  verifyGithubActions,
  verifyKeyless,
  verifyKeylessPrefix,
  verifyPubKeys,
} from './verify-for-guest.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const SUBJECT = 'https://github.com/acme/policies/.github/workflows/release.yml@refs/heads/main';
const HOUR_MS = 60 * 60 * 1000;

let sigstore: TestSigstore;
let signer: TestSigner;
const key = keyPair();

before(async () => {
  sigstore = await createSigstore();
  signer = await sigstore.certify({ subject: SUBJECT, issuer: ISSUER, repository: 'acme/policies' });
});

async function options(now = new Date()) {
  const layers = [
    keySignedLayer(key.privateKey, DIGEST, { env: 'prod' }),
    await keylessLayer(sigstore, signer, DIGEST),
  ];
  return { client: storeWith({ layers }), trustRoot: async () => sigstore.root, now };
}

test('every question that is answered with the digest', async () => {
  const trusted = { digest: DIGEST };
  const given = await options();
  const pubKey = publicPem(key.publicKey);
  assert.deepEqual(await verifyPubKeys(REF, [pubKey], { ...given, annotations: { env: 'prod' } }), trusted);
  assert.deepEqual(await verifyKeyless(REF, [{ issuer: ISSUER, subject: SUBJECT }], given), trusted);
  const prefix = { issuer: ISSUER, urlPrefix: 'https://github.com/acme' };
  assert.deepEqual(await verifyKeylessPrefix(REF, [prefix], given), trusted);
  assert.deepEqual(await verifyGithubActions(REF, 'acme', undefined, given), trusted);
  assert.deepEqual(await verifyGithubActions(REF, 'acme', 'policies', given), trusted);
});

test('every question that is refused', async () => {
  const given = await options();
  const pubKey = publicPem(key.publicKey);
  const empty = { code: 'nothing-to-verify' };
  await assert.rejects(verifyPubKeys(REF, [], given), { ...empty, message: 'Must provide at least one pub key' });
  await assert.rejects(verifyKeyless(REF, [], given), { ...empty, message: 'Must provide keyless info' });
  await assert.rejects(verifyKeylessPrefix(REF, [], given), { ...empty, message: 'Must provide keyless info' });
  await assert.rejects(verifyGithubActions(REF, '', undefined, given), {
    ...empty,
    message: 'Must provide owner info',
  });
  await assert.rejects(verifyPubKeys(REF, ['x'], given), { code: 'unusable-key' });
  await assert.rejects(verifyKeylessPrefix(REF, [{ issuer: ISSUER, urlPrefix: 'x' }], given), { code: 'unusable-key' });
  const missing = { code: 'missing-signatures' };
  const other = publicPem(keyPair().publicKey);
  await assert.rejects(verifyPubKeys(REF, [pubKey, other], given), missing, 'every key has to match');
  await assert.rejects(verifyPubKeys(REF, [pubKey], { ...given, annotations: { env: 'x' } }), missing);
  await assert.rejects(verifyGithubActions(REF, 'acme', 'other', given), missing);
});

test('a certificate, with and without chain and log', async () => {
  const given = await options();
  const certificate = signer.certificate;
  const root = sigstore.root.material.certificateAuthorities[0]?.certChain[0]?.root.toDER() ?? Buffer.of();
  const other = await createSigstore();
  const otherRoot = other.root.material.certificateAuthorities[0]?.certChain[0]?.root.toDER() ?? Buffer.of();
  const asPem = Buffer.from(pem.fromDER(certificate));
  for (const [chain, requireRekorBundle] of [
    [undefined, false],
    [undefined, true],
    [[root], true],
    [[otherRoot, root], false],
  ] as const) {
    for (const form of [certificate, asPem]) {
      const verified = await verifyCertificate(REF, { certificate: form, chain, requireRekorBundle }, given);
      assert.deepEqual(verified, { digest: DIGEST });
    }
  }
  for (const chain of [[], [otherRoot], [root, otherRoot], [certificate]]) {
    const asked = verifyCertificate(REF, { certificate, chain, requireRekorBundle: false }, given);
    await assert.rejects(asked, { code: 'unusable-key', message: /not trusted by the chain/ });
  }
  const stranger = await sigstore.certify({ subject: SUBJECT, issuer: ISSUER });
  const asked = verifyCertificate(REF, { certificate: stranger.certificate, requireRekorBundle: false }, given);
  await assert.rejects(asked, { code: 'missing-signatures', message: /not made with this certificate/ });
  const broken = verifyCertificate(REF, { certificate: Buffer.from('x'), requireRekorBundle: false }, given);
  await assert.rejects(broken, { code: 'unusable-key' });
});

test('a certificate of a web server signs nothing', async () => {
  const now = new Date();
  const authority = createAuthority({ commonName: 'test', validForDays: 1, now });
  const { certificatePem, privateKeyPem } = issueCertificate(authority, {
    commonName: 'web',
    validForDays: 1,
    now,
    usages: ['server'],
  });
  const layers = [keySignedLayer(createPrivateKey(privateKeyPem), DIGEST)];
  const pinned = { certificate: Buffer.from(certificatePem), requireRekorBundle: false };
  const asked = verifyCertificate(REF, pinned, { client: storeWith({ layers }) });
  await assert.rejects(asked, { code: 'unusable-key', message: /not for code signing/ });
  for (const { annotations } of layers) annotations['dev.sigstore.cosign/certificate'] = certificatePem;
  const keyless = verifyKeyless(REF, [{ issuer: ISSUER, subject: SUBJECT }], {
    client: storeWith({ layers }),
    trustRoot: async () => sigstore.root,
  });
  await assert.rejects(keyless, { code: 'missing-signatures', message: /not for code signing/ });
});

test('a log that the root does not name is no log', async () => {
  const stranger = await createSigstore();
  const layers = [await keylessLayer(stranger, signer, DIGEST)];
  const pinned = { certificate: signer.certificate, requireRekorBundle: true };
  const given = { client: storeWith({ layers }), trustRoot: async () => sigstore.root };
  await assert.rejects(verifyCertificate(REF, pinned, given), /inclusion promise could not be verified/);
});

test('a certificate that has expired needs the log to say when it was used', async () => {
  const later = new Date(Date.now() + HOUR_MS);
  const pinned = { certificate: signer.certificate, requireRekorBundle: false };
  await verifyCertificate(REF, pinned, await options(later));
  const layers = [keySignedLayer(signer.privateKey, DIGEST)];
  const given = { client: storeWith({ layers }), now: later };
  await assert.rejects(verifyCertificate(REF, pinned, given), /it has no log entry/);
  await verifyCertificate(REF, pinned, { ...given, now: new Date() });
  const demanding = { ...pinned, requireRekorBundle: true };
  await assert.rejects(verifyCertificate(REF, demanding, { ...given, now: new Date() }), /it has no log entry/);
  const rootless = { client: (await options()).client };
  await assert.rejects(verifyCertificate(REF, demanding, rootless), { code: 'no-trust-root' });
});
