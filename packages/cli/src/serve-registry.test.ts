import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  createOciClient,
  parseSources,
  pushModule,
  type BlobSource,
  type OciClient,
  type RegistryReference,
} from '@ostiary/registry';
import { startTestRegistry } from '@ostiary/registry/testing';
import type { ServerSettings } from '@ostiary/server';
import { registryOptionsOf } from './serve-registry.ts';

const MODULE = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';

interface World {
  readonly client: OciClient;
  readonly reference: RegistryReference;
  readonly url: string;
  readonly key: KeyObject;
  readonly settings: ServerSettings;
}

/** A registry with one module, and a server's settings that trust one key. */
async function world(t: TestContext): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-verify-'));
  const registry = await startTestRegistry();
  const sources = { insecure_sources: [registry.host] };
  const client = createOciClient({ sources: await parseSources(JSON.stringify(sources)), env: {} });
  t.after(async () => {
    await client.close();
    await registry.close();
    await rm(folder, { recursive: true });
  });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const files = {
    sourcesPath: join(folder, 'sources.yml'),
    verificationPath: join(folder, 'verification.yml'),
    policiesDownloadDir: join(folder, 'store'),
    dockerConfigJsonPath: folder,
  };
  await writeFile(files.sourcesPath, JSON.stringify(sources));
  await writeFile(
    files.verificationPath,
    JSON.stringify({ apiVersion: 'v1', allOf: [{ kind: 'pubKey', owner: 'team', key: pem }] }),
  );
  const reference = { kind: 'registry', registry: registry.host, repository: 'policies/p', tag: 'v1' } as const;
  await pushModule(MODULE, reference, { client, annotations: {} });
  const settings = { ...files, sigstoreCacheDir: join(folder, 'sigstore') } as unknown as ServerSettings;
  return { client, reference, url: `registry://${registry.host}/policies/p:v1`, key: privateKey, settings };
}

function blob(text: string): BlobSource & { readonly bytes: Uint8Array } {
  const bytes = new TextEncoder().encode(text);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return {
    bytes,
    digest,
    size: bytes.length,
    open: async function* () {
      yield bytes;
    },
  };
}

/** Signs what the tag names now, as cosign does with a key. */
async function signImage({ client, reference, key }: World): Promise<void> {
  const { digest } = await client.resolve(reference);
  const critical = {
    identity: { 'docker-reference': '' },
    image: { 'docker-manifest-digest': digest },
    type: 'cosign container image signature',
  };
  const payload = blob(JSON.stringify({ critical, optional: null }));
  const config = blob('{}');
  const { registry, repository } = reference;
  const target = { kind: 'registry', registry, repository, tag: `${digest.replace(':', '-')}.sig` } as const;
  for (const part of [payload, config]) await client.pushBlob(target, part);
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const annotations = { 'dev.cosignproject.cosign/signature': sign('sha256', payload.bytes, key).toString('base64') };
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config.digest, size: config.size },
    layers: [{ mediaType: SIMPLE_SIGNING, digest: payload.digest, size: payload.size, annotations }],
  };
  await client.pushManifest(target, { bytes: new TextEncoder().encode(JSON.stringify(manifest)), mediaType });
}

const signal = AbortSignal.timeout(20_000);

test('a signed module may be run by its digest, also without a trust root', async (t) => {
  const made = await world(t);
  await signImage(made);
  const { registry, verify } = await registryOptionsOf(made.settings, () => undefined);
  assert.ok(typeof verify === 'function' && registry);
  const trusted = await verify(made.url, signal);
  assert.equal(trusted.digest, createHash('sha256').update(MODULE).digest('hex'));
  assert.equal((await registry.fetch(made.url, { signal })).digest, trusted.digest);
});

test('nobody vouches for an unsigned module, for one that replaced a signed one, and for files', async (t) => {
  const made = await world(t);
  const { verify } = await registryOptionsOf(made.settings, () => undefined);
  assert.ok(typeof verify === 'function');
  await assert.rejects(async () => verify(made.url, signal), /no signatures found/);
  await signImage(made);
  await pushModule(Uint8Array.from([...MODULE, 0, 1, 0]), made.reference, { client: made.client, annotations: {} });
  await assert.rejects(async () => verify(made.url, signal), /no signatures found/);
  await assert.rejects(async () => verify('file:///p.wasm', signal), /only modules of a registry can be signed/);
});

test('a verification configuration that can not be used ends the start', async (t) => {
  const { settings } = await world(t);
  await writeFile(settings.verificationPath!, 'apiVersion: v1\nallOff: []\n');
  await assert.rejects(
    registryOptionsOf(settings, () => undefined),
    /verification\.yml:2:1.*allOff/s,
  );
});
