import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { annotatedModule, openDesk, type Desk } from '../fixtures.ts';

let desk: Desk;
let image = '';

/** Signs as cosign does with a key: a payload that names the manifest, and its signature in an annotation. */
function attachSignature(desk: Desk, repository: string, digest: string, key: ReturnType<typeof ecKey>): void {
  const payload = Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': `${desk.registry.host}/${repository}` },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: { env: 'prod', stable: 'true' },
    }),
  );
  const layer = {
    mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
    digest: desk.registry.addBlob(repository, payload),
    size: payload.length,
    annotations: { 'dev.cosignproject.cosign/signature': sign('sha256', payload, key.privateKey).toString('base64') },
  };
  const config = Buffer.from('{}');
  const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', size: config.length };
  const digestOfConfig = desk.registry.addBlob(repository, config);
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { ...descriptor, digest: digestOfConfig },
    layers: [layer],
  };
  desk.registry.addManifest(repository, manifest, `${digest.replace(':', '-')}.sig`);
}

function ecKey() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pem({ publicKey }: ReturnType<typeof ecKey>): string {
  return publicKey.export({ type: 'spki', format: 'pem' });
}

before(async () => {
  desk = await openDesk();
  image = `${desk.registry.host}/signed/p:v1`;
  const file = await desk.file('p.wasm', annotatedModule(1));
  const { stdout } = await desk.run('push', file, image, '-o', 'json');
  const right = ecKey();
  attachSignature(desk, 'signed/p', /sha256:\w+/.exec(stdout)?.[0] ?? '', right);
  await desk.file('right.pub', pem(right));
  await desk.file('wrong.pub', pem(ecKey()));
});
after(() => desk.close());

describe('verify and pull with keys', () => {
  const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['the right key', ['-k', 'right.pub'], 0, /Policy successfully verified/],
    [
      'annotations that are there',
      ['-k', 'right.pub', '-a', 'env=prod', '-a', 'stable=true'],
      0,
      /successfully verified/,
    ],
    ['an annotation that is not', ['-k', 'right.pub', '-a', 'env=dev'], 1, /missing signatures/],
    ['the wrong key', ['-k', 'wrong.pub'], 1, /Image verification failed: missing signatures/],
    ['one key of two', ['-k', 'right.pub', '-k', 'wrong.pub'], 1, /missing signatures/],
    ['a key file that is missing', ['-k', 'none.pub'], 1, /No such file or directory/],
    ['annotations without keys', ['-a', 'env=prod'], 1, /annotations alone/],
    ['no demand at all', [], 1, /could not retrieve sigstore options/],
  ];
  for (const [name, flags, expected, message] of cases) {
    test(`verify: ${name}`, async () => {
      const { code, stdout, stderr } = await desk.run('verify', ...flags, `registry://${image}`);
      assert.equal(code, expected, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, message);
      // Under kwctl's name the same words come in its own form.
      const kwctl = await desk.runAs('kwctl', {}, 'verify', ...flags, image);
      assert.equal(kwctl.code, expected);
      assert.match(kwctl.stderr, expected === 0 ? / INFO kwctl: Policy successfully verified\n$/ : /^Error: /);
    });
  }

  test('pull verifies before it stores', async () => {
    assert.equal((await desk.run('pull', '-k', 'wrong.pub', image)).code, 1);
    assert.equal((await desk.run('policies')).stdout, '');
    assert.equal((await desk.run('pull', '-k', 'right.pub', image)).code, 0);
    assert.match((await desk.run('policies')).stdout, /signed\/p:v1/);
  });

  test("the user's own configuration holds for registries, and passes files over with a warning", async () => {
    const config = { apiVersion: 'v1', allOf: [{ kind: 'pubKey', key: pem(ecKey()) }] };
    const file = await desk.file('config.yml', JSON.stringify(config));
    const { mkdir, copyFile, rm } = await import('node:fs/promises');
    const usual = `${desk.folder}/.config/kubewarden/verification-config.yml`;
    await mkdir(`${desk.folder}/.config/kubewarden`, { recursive: true });
    await copyFile(file, usual);
    try {
      assert.equal((await desk.run('pull', image)).code, 1);
      const passed = await desk.run('pull', `file://${desk.folder}/p.wasm`);
      assert.equal(passed.code, 0, passed.stderr);
      assert.match(passed.stderr, /^warn: .*not verified/);
      // Whoever names the demand gets no warning in place of a verification.
      assert.equal((await desk.run('pull', '-k', 'right.pub', `file://${desk.folder}/p.wasm`)).code, 1);
    } finally {
      await rm(usual);
    }
  });
});
