import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import {
  createOciClient,
  digestOf,
  fetchModule,
  isRegistryError,
  loadCredentials,
  openStore,
  parseRegistryReference,
  parseSources,
  pushModule,
  type ModuleClient,
} from '@ostiary/registry';
import { ensurePeers, runPeer, startPeer, type PeerRegistry } from './peers.ts';
import { startTokenServer, type TokenServer } from './tokens.ts';

const LOGIN = { username: 'robot', password: 'correct horse' };
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

let directory = '';
let program = '';
let registries: Readonly<Record<'ggcr' | 'distribution' | 'guarded' | 'tokens', PeerRegistry>>;
let issuer: TokenServer;
let client: ModuleClient;

function module(size: number): Buffer {
  return Buffer.concat([Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), randomBytes(size - 8)]);
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

before(async () => {
  program = await ensurePeers();
  directory = await mkdtemp(join(tmpdir(), 'ostiary-registry-'));
  const now = new Date();
  const authority = createAuthority({ commonName: 'test', validForDays: 2, now });
  const names = { commonName: 'registry', ipAddresses: ['127.0.0.1'], usages: ['server'] } as const;
  const leaf = issueCertificate(authority, { ...names, validForDays: 1, now });
  const tls = ['-cert', await file('tls.pem', leaf.certificatePem), '-key', await file('key.pem', leaf.privateKeyPem)];
  const storage = 'version: 0.1\nstorage:\n  inmemory: {}\n  delete: {enabled: true}\n';
  const open = await file('open.yml', storage);
  const passwords = await file(
    'htpasswd',
    await runPeer(program, ['htpasswd', LOGIN.username, LOGIN.password], directory),
  );
  const basic = await file('guarded.yml', `${storage}auth:\n  htpasswd:\n    realm: test\n    path: ${passwords}\n`);
  issuer = await startTokenServer(LOGIN);
  const bundle = await file('tokens.pem', issuer.certificatePem);
  const token = `${storage}auth:\n  token:\n    realm: http://${issuer.host}/token\n    service: registry.test\n    issuer: test\n    rootcertbundle: ${bundle}\n`;
  registries = {
    ggcr: await startPeer(program, ['ggcr']),
    distribution: await startPeer(program, ['distribution', open]),
    guarded: await startPeer(program, ['distribution', basic, ...tls]),
    tokens: await startPeer(program, ['distribution', await file('token.yml', token)]),
  };
  const { ggcr, distribution, guarded, tokens } = registries;
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
  await file('config.json', JSON.stringify({ auths: { [guarded.host]: { auth }, [tokens.host]: { auth } } }));
  const sources = await parseSources(
    JSON.stringify({
      insecure_sources: [ggcr.host, distribution.host, tokens.host, issuer.host],
      source_authorities: { [guarded.host]: [{ type: 'Data', data: authority.certificatePem }] },
    }),
  );
  client = createOciClient({ sources, credentials: await loadCredentials({ path: directory, env: {} }) });
});

after(async () => {
  await client?.close();
  for (const registry of Object.values(registries ?? {})) await registry.stop();
  await issuer?.stop();
  await rm(directory, { recursive: true, force: true });
});

for (const name of ['ggcr', 'distribution', 'guarded', 'tokens'] as const) {
  describe(`the client and ${name}`, () => {
    const at = (rest: string) => parseRegistryReference(`${registries[name].host}/${rest}`);

    test('a policy is pushed, resolved, listed and fetched', async () => {
      const bytes = module(9_000_000);
      const annotations = { 'io.kubewarden.policy.title': 'test' };
      const { digest } = await pushModule(bytes, at('org/policy:v1'), { client, annotations });
      assert.equal((await client.resolve(at('org/policy:v1'))).digest, digest);
      assert.deepEqual(await Array.fromAsync(client.tags(at('org/policy'))), ['v1']);
      const store = openStore(await mkdtemp(join(directory, 'store-')));
      const fetched = await fetchModule(at('org/policy:v1'), { store, client });
      assert.equal(fetched.digest, digestOf(bytes));
      assert.equal((await fetchModule(at(`org/policy@${digest}`), { store, client })).digest, digestOf(bytes));
      await pushModule(bytes, at('org/policy:v2'), { client, annotations });
    });

    test('what is not there is not found', async () => {
      await assert.rejects(client.resolve(at('org/none:v1')), (error) => isRegistryError(error, 'not-found'));
    });

    test('referrers are listed, whether there is an API for them or not', async () => {
      const { digest } = await pushModule(module(100), at('org/signed:v1'), { client, annotations: {} });
      assert.deepEqual(await client.referrers(at('org/signed'), digest), []);
      const { document, bytes: subject } = await client.manifest(at('org/signed:v1'));
      assert.ok(document.kind === 'image');
      const { config } = document;
      const empty = { ...config, mediaType: 'application/vnd.oci.empty.v1+json' };
      const referrer = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MANIFEST,
          artifactType: 'application/vnd.example.signature',
          config: empty,
          layers: [empty],
          subject: { mediaType: MANIFEST, digest, size: subject.length },
        }),
      );
      const place = { ...at('org/signed'), tag: 'signature' };
      const pushed = await client.pushManifest(place, { bytes: referrer, mediaType: MANIFEST });
      const [found, ...others] = await client.referrers(at('org/signed'), digest);
      assert.deepEqual([found?.digest, others.length], [pushed, 0]);
    });

    test('an artifact is copied with its referrers, within a registry and to another', async () => {
      for (const to of [at('org/copy:v1'), parseRegistryReference(`${registries.ggcr.host}/from/${name}:v1`)]) {
        const digest = await client.copy(at('org/signed:v1'), to, { referrers: true });
        assert.equal((await client.resolve(to)).digest, digest);
        assert.equal((await client.referrers(to, digest)).length, 1);
      }
    });
  });
}

test('credentials that are wrong are refused and not shown', async () => {
  for (const { host } of [registries.guarded, registries.tokens]) {
    const wrong = { kind: 'basic', username: 'robot', password: 'wrong-secret' } as const;
    const sources = await parseSources(
      JSON.stringify({ insecure_sources: [host, ...(host === registries.tokens.host ? [issuer.host] : [])] }),
    );
    const stranger = createOciClient({ sources, credentials: { find: async () => wrong } });
    await assert.rejects(stranger.resolve(parseRegistryReference(`${host}/org/policy:v1`)), (error) => {
      return isRegistryError(error, 'unauthorized') && !error.message.includes('wrong-secret');
    });
    await stranger.close();
  }
});

for (const name of ['ggcr', 'distribution'] as const) {
  describe(`other clients on ${name}`, () => {
    const at = (rest: string): string => `${registries[name].host}/${rest}`;

    test('crane reads what we push', async () => {
      const bytes = module(5_000_000);
      const { digest } = await pushModule(bytes, parseRegistryReference(at('crane:v1')), { client, annotations: {} });
      assert.equal(await runPeer(program, ['crane', 'digest', '--insecure', at('crane:v1')], directory), digest);
      const manifest = await runPeer(program, ['crane', 'manifest', '--insecure', at('crane:v1')], directory);
      assert.equal(digestOf(Buffer.from(manifest)), digest);
      await runPeer(program, ['crane', 'validate', '--insecure', '--remote', at('crane:v1'), '--fast'], directory);
      await runPeer(program, ['crane', 'copy', '--insecure', at('crane:v1'), at('crane2:v2')], directory);
      const store = openStore(await mkdtemp(join(directory, 'store-')));
      const fetched = await fetchModule(parseRegistryReference(at('crane2:v2')), { store, client });
      assert.equal(fetched.digest, digestOf(bytes));
    });

    test('we fetch what oras pushes, and see what it attaches', async () => {
      const bytes = module(100_000);
      const path = await file('policy.wasm', bytes);
      const digest = await runPeer(program, ['oras', 'push', at('oras:v1'), path], directory);
      const store = openStore(await mkdtemp(join(directory, 'store-')));
      const fetched = await fetchModule(parseRegistryReference(at('oras:v1')), { store, client });
      assert.deepEqual(await readFile(fetched.path), bytes);
      const attached = await runPeer(program, ['oras', 'attach', at('oras:v1'), path], directory);
      const referrers = await client.referrers(parseRegistryReference(at('oras')), digest);
      assert.deepEqual(
        referrers.map((entry) => entry.digest),
        [attached],
      );
    });
  });
}

test('a pull costs little more than fetching and hashing', async (context) => {
  const bytes = module(20_000_000);
  const ref = parseRegistryReference(`${registries.ggcr.host}/big:v1`);
  await pushModule(bytes, ref, { client, annotations: {} });
  const store = openStore(await mkdtemp(join(directory, 'store-')));
  const time = async (run: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
  const url = `http://${ref.registry}/v2/big/blobs/${digestOf(bytes)}`;
  const [plain, ours]: number[][] = [[], []];
  for (let round = 0; round < 7; round++) {
    plain?.push(
      await time(async () => {
        const hash = createHash('sha256');
        for await (const chunk of (await fetch(url)).body ?? []) hash.update(chunk);
        hash.digest();
      }),
    );
    ours?.push(await time(() => fetchModule(ref, { store, client })));
    await store.remove(ref);
  }
  const median = (values: readonly number[] = []): number => [...values].sort((a, b) => a - b)[3] ?? Number.NaN;
  context.diagnostic(
    `20 MB: fetch + sha256 ${median(plain).toFixed(0)} ms, pull to disk ${median(ours).toFixed(0)} ms`,
  );
  assert.ok(median(ours) < median(plain) * 10 + 500);
});
