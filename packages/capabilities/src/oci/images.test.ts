import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { createOciClient, NO_SOURCES } from '@ostiary/registry';
import { startTestRegistry, type TestRegistry } from '@ostiary/registry/testing';
import { localVersions, type Validity } from '../contract.ts';
import { asking, type Asking } from '../testing/ask.ts';
import { REACH } from './images.ts';
import { ownPlatform } from './platform.ts';

const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const failed = 'Callback evaluation failure: ';

interface Images extends Asking {
  readonly registry: TestRegistry;
  /** Adds an image and returns its digest. */
  readonly add: (name: string, tag: string | undefined, config: object) => string;
}

async function images(t: TestContext, options: Parameters<typeof asking>[1] = {}): Promise<Images> {
  const registry = await startTestRegistry();
  t.after(() => registry.close());
  const client = createOciClient({
    sources: { ...NO_SOURCES, insecure: new Set([registry.host]) },
    retry: { attempts: 1 },
  });
  t.after(() => client.close());
  const add: Images['add'] = (name, tag, config) => {
    const bytes = Buffer.from(JSON.stringify(config));
    const digest = registry.addBlob(name, bytes);
    return registry.addManifest(name, manifestOf(digest, bytes.length), tag);
  };
  return { registry, add, ...asking(t, { registry: async () => client, ...options }) };
}

function manifestOf(digest: string, size: number) {
  return { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: { mediaType: CONFIG_TYPE, digest, size }, layers: [] };
}

test('a digest, a manifest, and a manifest with its configuration', async (t) => {
  const { registry, add, json } = await images(t);
  const config = { os: 'linux', config: { User: '1000' } };
  const digest = add('app', 'v1', config);
  const image = `"${registry.host}/app:v1"`;
  assert.deepEqual(await json('oci/v1/manifest_digest', image), { digest });
  const manifest = await json('oci/v1/oci_manifest', image);
  assert.partialDeepStrictEqual(manifest, { schemaVersion: 2, config: { mediaType: CONFIG_TYPE } });
  assert.deepEqual(await json('oci/v1/oci_manifest_config', image), { manifest, digest, config });
});

test('of an index, the image for this machine', async (t) => {
  const { registry, add, json, error } = await images(t);
  const { os, architecture } = ownPlatform();
  const mine = add('app', undefined, { mine: true });
  const other = add('app', undefined, { mine: false });
  const entry = (digest: string, platform: object) => ({ mediaType: MANIFEST_TYPE, digest, size: 1, platform });
  const index = (...manifests: object[]) => ({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
  const others = entry(other, { os: 'plan9', architecture });
  registry.addManifest('app', index(others, entry(mine, { os, architecture })), 'multi', INDEX_TYPE);
  registry.addManifest('app', index(others), 'foreign', INDEX_TYPE);
  assert.partialDeepStrictEqual(await json('oci/v1/oci_manifest_config', `"${registry.host}/app:multi"`), {
    digest: mine,
    config: { mine: true },
  });
  assert.partialDeepStrictEqual(await json('oci/v1/oci_manifest', `"${registry.host}/app:multi"`), {
    mediaType: INDEX_TYPE,
  });
  assert.equal(
    await error('oci/v1/oci_manifest_config', `"${registry.host}/app:foreign"`),
    `${failed}the index has no image for ${os}/${architecture}`,
  );
});

test('answers are remembered for a minute, failures are not', async (t) => {
  let now = 1_000_000;
  const { registry, add, answered, error } = await images(t, { now: () => now });
  const image = `"${registry.host}/app:v1"`;
  assert.match(await error('oci/v1/manifest_digest', image), /^Callback evaluation failure: .*app:v1/);
  add('app', 'v1', {});
  const all = await Promise.all(Array.from({ length: 20 }, async () => answered('oci/v1/manifest_digest', image)));
  assert.partialDeepStrictEqual(all[0]?.validity, { kind: 'until', until: now + 60_000 });
  const asked = registry.seen.length;
  now += 59_999;
  await answered('oci/v1/manifest_digest', image);
  assert.equal(registry.seen.length, asked);
  now += 1;
  await answered('oci/v1/manifest_digest', image);
  assert.ok(registry.seen.length > asked);
});

test('what is no image', async (t) => {
  const { error } = await images(t);
  for (const image of ['', 'UPPER/case', 'file:///etc/passwd', 'http://x/y']) {
    assert.match(
      await error('oci/v1/manifest_digest', JSON.stringify(image)),
      /^Callback evaluation failure: ./,
      image,
    );
  }
});

test('a signature with a key', async (t) => {
  const { registry, add, json, error, answered } = await images(t);
  const digest = add('app', 'v1', {});
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const critical = {
    identity: { 'docker-reference': 'app' },
    image: { 'docker-manifest-digest': digest },
    type: 'cosign container image signature',
  };
  const payload = Buffer.from(JSON.stringify({ critical, optional: { env: 'prod' } }));
  const layer = {
    mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
    digest: registry.addBlob('app', payload),
    size: payload.length,
    annotations: { 'dev.cosignproject.cosign/signature': sign('sha256', payload, privateKey).toString('base64') },
  };
  const config = registry.addBlob('app', Buffer.from('{}'));
  registry.addManifest('app', { ...manifestOf(config, 2), layers: [layer] }, `${digest.replace(':', '-')}.sig`);
  const image = `${registry.host}/app:v1`;
  const pub_keys = [publicKey.export({ type: 'spki', format: 'pem' })];
  const trusted = { is_trusted: true, digest };
  assert.deepEqual(await json('oci/v1/verify', { SigstorePubKeyVerify: { image, pub_keys } }), trusted);
  const question = { type: 'SigstorePubKeyVerify', image, pub_keys, annotations: { env: 'prod' } };
  assert.deepEqual(await json('oci/v2/verify', question), trusted);
  const seen = registry.seen.length;
  assert.equal((await answered('oci/v2/verify', question)).validity.kind, 'until');
  assert.equal(registry.seen.length, seen, 'remembered');
  assert.match(
    await error('oci/v2/verify', { ...question, annotations: { env: 'test' } }),
    /^Callback evaluation failure: /,
  );
  assert.equal(
    await error('oci/v2/verify', { ...question, pub_keys: [] }),
    `${failed}Must provide at least one pub key`,
  );
});

test('without roots of trust nothing is trusted that needs them', async (t) => {
  const { registry, add, error } = await images(t);
  add('app', 'v1', {});
  const image = `${registry.host}/app:v1`;
  const rows = [
    { type: 'SigstoreKeylessVerify', keyless: [{ issuer: 'https://i', subject: 's' }] },
    { type: 'SigstoreKeylessPrefixVerify', keyless_prefix: [{ issuer: 'https://i', url_prefix: 'https://p/' }] },
    { type: 'SigstoreKeylessPrefixVerify', keyless_prefix: [{ issuer: 'https://i', url_prefix: 'no url' }] },
    { type: 'SigstoreGithubActionsVerify', owner: 'o' },
    { type: 'SigstoreCertificateVerify', certificate: [1], require_rekor_bundle: true },
    { type: 'SigstoreKeylessVerify', keyless: [] },
    { type: 'SigstoreGithubActionsVerify', owner: '' },
  ];
  for (const row of rows)
    assert.match(await error('oci/v2/verify', { image, ...row }), /^Callback evaluation failure: ./);
});

test('a registry that is not there', async (t) => {
  const { registry, error } = await images(t);
  await registry.close();
  assert.match(await error('oci/v1/manifest_digest', `"${registry.host}/app"`), /^Callback evaluation failure: /);
});

test('what was answered is asked again when registries are reached in another way', async (t) => {
  const versions = localVersions();
  const { registry, add, answered } = await images(t, { versions });
  add('app', 'v1', {});
  const image = `"${registry.host}/app:v1"`;
  const ask = async (): Promise<Validity> => (await answered('oci/v1/manifest_digest', image)).validity;
  const slot = versions.slotOf(REACH);
  const source = { slot, version: versions.read(slot) };
  assert.partialDeepStrictEqual(await ask(), { kind: 'until', source });
  const before = registry.seen.length;
  assert.partialDeepStrictEqual(await ask(), { kind: 'until', source });
  assert.equal(registry.seen.length, before);
  versions.bump(slot);
  assert.partialDeepStrictEqual(await ask(), { kind: 'until', source: { slot, version: source.version + 1 } });
  assert.ok(registry.seen.length > before);
});
