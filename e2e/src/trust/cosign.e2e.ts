import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  createOciClient,
  NO_SOURCES,
  verifyImage,
  verifyPubKeys,
  type RegistryReference,
  type SignatureConstraint,
} from '@ostiary/registry';
import { digestOf, ensureCosign, pushPolicy, put, runCosign, startPeerRegistry, type PeerRegistry } from './peer.ts';

const FORMATS = [
  { name: 'tag', flags: ['--new-bundle-format=false'] },
  { name: 'bundle', flags: [] },
] as const;

/** Signing without any service: what the deprecated flags say is what a signing configuration without logs would. */
const OFFLINE = ['--tlog-upload=false', '--use-signing-config=false', '--allow-http-registry', '-y'];

let cosign: string;
let directory: string;
let publicKey: string;
let otherKey: string;

before(async () => {
  cosign = await ensureCosign();
  directory = await mkdtemp(join(tmpdir(), 'ostiary-cosign-'));
  await runCosign(cosign, directory, ['generate-key-pair', '--output-key-prefix', 'mine']);
  await runCosign(cosign, directory, ['generate-key-pair', '--output-key-prefix', 'other']);
  publicKey = await readFile(join(directory, 'mine.pub'), 'utf8');
  otherKey = await readFile(join(directory, 'other.pub'), 'utf8');
});
after(async () => rm(directory, { recursive: true, force: true }));

for (const referrers of [true, false]) {
  describe(`cosign at a registry ${referrers ? 'with' : 'without'} the referrers API`, () => {
    let registry: PeerRegistry;
    const clients: { close(): Promise<void> }[] = [];

    before(async () => {
      registry = await startPeerRegistry(cosign, referrers);
    });
    after(async () => {
      for (const client of clients) await client.close();
      registry.stop();
    });

    function connect() {
      const client = createOciClient({ sources: { ...NO_SOURCES, insecure: new Set([registry.host]) } });
      clients.push(client);
      return client;
    }

    async function signed(repository: string, flags: readonly string[]) {
      const digest = await pushPolicy(registry.host, repository);
      const image = `${registry.host}/${repository}@${digest}`;
      await runCosign(cosign, directory, ['sign', '--key', 'mine.key', ...OFFLINE, ...flags, '-a', 'env=prod', image]);
      const ref: RegistryReference = { kind: 'registry', registry: registry.host, repository, tag: 'v1' };
      return { digest, ref };
    }

    const byKey = (key: string, annotations: Record<string, string> = {}): SignatureConstraint => ({
      kind: 'pubKey',
      key,
      annotations,
    });

    for (const { name, flags } of FORMATS) {
      test(`${name}: signed with a key`, async () => {
        const { ref, digest } = await signed(`policy-${name}`, flags);
        const client = connect();
        const verified = await verifyImage(
          ref,
          { apiVersion: 'v1', allOf: [byKey(publicKey, { env: 'prod' })] },
          { client },
        );
        assert.equal(verified.digest, digest);
        assert.match(verified.satisfied[0]?.signature ?? '', name === 'tag' ? /^signature 1/ : /^bundle 1/);
        assert.deepEqual(await verifyPubKeys(ref, [publicKey], { client }), { digest });
        for (const [constraint, message] of [
          [byKey(otherKey), /it was not made with this key/],
          [byKey(publicKey, { env: 'test' }), /does not carry the annotation env=test/],
        ] as const) {
          const refused = verifyImage(ref, { apiVersion: 'v1', allOf: [constraint] }, { client });
          await assert.rejects(refused, { code: 'missing-signatures', message });
        }
      });

      test(`${name}: another image under the same tag`, async () => {
        const { ref } = await signed(`moved-${name}`, flags);
        const base = `http://${registry.host}/v2/${ref.repository}`;
        const manifest = await (await fetch(`${base}/manifests/v1`)).text();
        const changed = manifest.replace('"schemaVersion":2', '"annotations":{"a":"b"},"schemaVersion":2');
        await put(`${base}/manifests/v1`, changed);
        const client = connect();
        const refused = verifyImage(ref, { apiVersion: 'v1', allOf: [byKey(publicKey)] }, { client });
        await assert.rejects(refused, { code: 'missing-signatures', message: /no signatures found for image/ });
        if (name === 'tag') await transplant(base, changed, client, ref);
      });
    }

    /** The signature of the one image, put where the other's would be. */
    async function transplant(
      base: string,
      changed: string,
      client: ReturnType<typeof connect>,
      ref: RegistryReference,
    ): Promise<void> {
      const listed: unknown = await (await fetch(`${base}/tags/list`)).json();
      const [tag = ''] = /sha256-[0-9a-f]{64}\.sig/.exec(JSON.stringify(listed)) ?? [];
      const signature = await (await fetch(`${base}/manifests/${tag}`)).text();
      await put(`${base}/manifests/${digestOf(changed).replace(':', '-')}.sig`, signature);
      const refused = verifyImage(ref, { apiVersion: 'v1', allOf: [byKey(publicKey)] }, { client });
      await assert.rejects(refused, { code: 'missing-signatures', message: /the payload names another image digest/ });
    }
  });
}
