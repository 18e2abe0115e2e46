import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
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
import { createAuthority, issueCertificate, type KeyedCertificate } from '@ostiary/pki';
import { TrackedFiles, type Log, type ModuleSource, type VerifiedModule } from '@ostiary/server';
import { registryOptionsOf } from './serve-registry.ts';
import type { SupplySettings } from './serve-supply.ts';

const MODULE = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';

interface World {
  readonly client: OciClient;
  readonly reference: RegistryReference;
  readonly url: string;
  readonly key: KeyObject;
  readonly settings: SupplySettings;
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
  const settings = { ...files, sigstoreCacheDir: join(folder, 'sigstore'), sigstoreTrustConfig: undefined };
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

const signal = AbortSignal.timeout(30_000);
const quiet: Log = () => undefined;
const OTHER = Uint8Array.from([...MODULE, 0, 1, 0]);
const hexOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Pushes what the tag is to name from now on. */
async function push({ client, reference }: World, module: Uint8Array): Promise<void> {
  await pushModule(module, reference, { client, annotations: {} });
}

function verifierOf(made: World): (url: string) => Promise<VerifiedModule> {
  const { verify } = registryOptionsOf(made.settings, quiet).options;
  assert.ok(typeof verify === 'function');
  return (url) => verify(url, signal);
}

test('a signed module may be run by its digest, also without a trust root', async (t) => {
  const made = await world(t);
  await signImage(made);
  const { registry, verify } = registryOptionsOf(made.settings, quiet).options;
  assert.ok(typeof verify === 'function' && registry);
  const trusted = await verify(made.url, signal);
  assert.equal(trusted.digest, hexOf(MODULE));
  assert.equal((await registry.fetch(made.url, { signal })).digest, trusted.digest);
});

test('nobody vouches for an unsigned module, for one that replaced a signed one, and for files', async (t) => {
  const made = await world(t);
  const verify = verifierOf(made);
  await assert.rejects(verify(made.url), /no signatures found/);
  await signImage(made);
  await push(made, OTHER);
  await assert.rejects(verify(made.url), /no signatures found/);
  await assert.rejects(verify('file:///p.wasm'), /only modules of a registry can be signed/);
});

test('a tag that was moved and signed again is not the stored module', async (t) => {
  const made = await world(t);
  await signImage(made);
  const { registry, verify } = registryOptionsOf(made.settings, quiet).options;
  assert.ok(typeof verify === 'function' && registry);
  await registry.fetch(made.url, { signal });
  await push(made, OTHER);
  await signImage(made);
  assert.equal(
    (await registry.fetch(made.url, { signal })).digest,
    hexOf(MODULE),
    'the stored copy, without a manifest',
  );
  const { digest, manifestDigest } = await verify(made.url, signal);
  assert.equal(digest, hexOf(OTHER));
  assert.equal((await registry.fetch(made.url, { signal, manifestDigest })).digest, digest);
});

test('a configuration that can not be used ends the start', async (t) => {
  const { settings } = await world(t);
  await writeFile(settings.verificationPath!, 'apiVersion: v1\nallOff: []\n');
  await assert.rejects(registryOptionsOf(settings, quiet).follow(new TrackedFiles()), /verification\.yml:2:1.*allOff/s);
  await rm(settings.verificationPath!);
  await assert.rejects(
    registryOptionsOf(settings, quiet).follow(new TrackedFiles()),
    /verification file .*verification\.yml can't be read: ENOENT/,
  );
  await writeFile(settings.sourcesPath!, 'insecure_sources: 1\n');
  const more = { ...settings, verificationPath: undefined };
  await assert.rejects(registryOptionsOf(more, quiet).follow(new TrackedFiles()), /sources\.yml: insecure_sources/);
});

test('files are watched, what changes is opened again, and what is bad leaves the old in place', async (t) => {
  const made = await world(t);
  await signImage(made);
  const { sourcesPath = '', verificationPath = '', dockerConfigJsonPath = '' } = made.settings;
  const credentialsPath = join(dockerConfigJsonPath, 'config.json');
  await writeFile(credentialsPath, '{}');
  const { options, follow } = registryOptionsOf(made.settings, quiet);
  const { registry, verify, trustVersion } = options;
  assert.ok(typeof verify === 'function' && registry && trustVersion);
  const files = new TrackedFiles();
  await follow(files);
  assert.deepEqual([...files.seen.keys()], [sourcesPath, credentialsPath, verificationPath]);
  assert.equal((await verify(made.url, signal)).digest, hexOf(MODULE));

  const good = { sources: await readFile(sourcesPath), verification: await readFile(verificationPath) };
  for (const [path, text, problem] of [
    [verificationPath, 'apiVersion: v1\n', /verification/],
    [sourcesPath, 'insecure_sources: 1\n', /insecure_sources/],
    [credentialsPath, '{', /config\.json/],
  ] as const) {
    const before = await readFile(path);
    await writeFile(path, text);
    await assert.rejects(follow(new TrackedFiles()), problem);
    assert.equal((await verify(made.url, signal)).digest, hexOf(MODULE), `still: ${path}`);
    assert.equal(trustVersion(), 0);
    await writeFile(path, before);
    await follow(new TrackedFiles());
  }

  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKey.export({ type: 'spki', format: 'pem' });
  await writeFile(verificationPath, JSON.stringify({ apiVersion: 'v1', allOf: [{ kind: 'pubKey', key }] }));
  await follow(new TrackedFiles());
  assert.equal(trustVersion(), 1);
  await assert.rejects(verify(made.url, signal), /Image verification failed/);
  await writeFile(verificationPath, good.verification);
  await writeFile(sourcesPath, '{}');
  await follow(new TrackedFiles());
  assert.equal(trustVersion(), 2);
  await assert.rejects(verify(made.url, signal), 'the registry is not insecure any more');
});

interface Web {
  readonly url: string;
  readonly asked: string[];
}

/** A web server with a module, whose other paths redirect to what they name. */
async function web(t: TestContext, tls?: KeyedCertificate): Promise<Web> {
  const asked: string[] = [];
  const answer: RequestListener = (request, response) => {
    asked.push(request.url ?? '');
    const target = new URL(request.url ?? '', 'http://x').searchParams.get('to');
    if (target !== null) response.writeHead(302, { location: target }).end();
    else response.writeHead(request.url === '/p.wasm' ? 200 : 404).end(MODULE);
  };
  const server = tls
    ? createTlsServer({ cert: tls.certificatePem, key: tls.privateKeyPem }, answer)
    : createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http${tls ? 's' : ''}://127.0.0.1:${port}`, asked };
}

test('web servers are asked as the sources file says', async (t) => {
  const now = new Date();
  const authority = createAuthority({ commonName: 'test', validForDays: 1, now });
  const certificate = issueCertificate(authority, {
    commonName: 'web',
    ipAddresses: ['127.0.0.1'],
    usages: ['server'],
    validForDays: 1,
    now,
  });
  const { settings } = await world(t);
  const [secure, plain, strange] = [await web(t, certificate), await web(t), await web(t)];
  const { registry } = registryOptionsOf({ ...settings, verificationPath: undefined }, quiet).options;
  assert.ok(registry);
  const fetched = async (url: string, from: ModuleSource = registry): Promise<string> =>
    from.fetch(url, { signal }).then(
      ({ digest }) => digest,
      (error: Error) => error.message,
    );
  assert.match(await fetched(`${secure.url}/p.wasm`), /certificate/, 'nobody knows the authority');
  assert.match(await fetched(`${plain.url}/p.wasm`), /plain HTTP is used for insecure hosts only/);

  const authorityPath = `${settings.sourcesPath}.pem`;
  await writeFile(authorityPath, authority.certificatePem);
  const sources = {
    insecure_sources: [new URL(plain.url).host],
    source_authorities: { [new URL(secure.url).host]: [{ type: 'Path', path: authorityPath }] },
  };
  await writeFile(settings.sourcesPath!, JSON.stringify(sources));
  const files = new TrackedFiles();
  const told = registryOptionsOf({ ...settings, verificationPath: undefined }, quiet);
  await told.follow(files);
  assert.ok(files.seen.has(authorityPath), 'certificates change without the file that names them');
  const known = told.options.registry;
  assert.equal(await fetched(`${secure.url}/p.wasm`, known), hexOf(MODULE));
  assert.equal(await fetched(`${plain.url}/p.wasm`, known), hexOf(MODULE));
  assert.match(await fetched(`${plain.url}/none.wasm`, known), /404|not found/i);
  for (const { url } of [strange, plain]) {
    const away = `${secure.url}/away.wasm?to=${encodeURIComponent(`${url}/other.wasm`)}`;
    assert.match(await fetched(away, known), /redirects to plain HTTP/);
  }
  assert.deepEqual(strange.asked, []);
});

test('web servers are asked through the proxy of the sources file', async (t) => {
  const { settings } = await world(t);
  const asked: string[] = [];
  const proxy = createServer().on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  await writeFile(settings.sourcesPath!, JSON.stringify({ proxies: { https_proxy: `http://127.0.0.1:${port}` } }));
  const { registry } = registryOptionsOf({ ...settings, verificationPath: undefined }, quiet).options;
  await assert.rejects(async () => registry?.fetch('https://modules.example/p.wasm', { signal }));
  assert.equal(asked[0], 'modules.example:443');
});
