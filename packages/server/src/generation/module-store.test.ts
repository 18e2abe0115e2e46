import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ModuleStore } from './module-store.ts';
import { moduleUrl, shownUrl } from './module-url.ts';
import { constantPolicy } from './policy-module.fixture.ts';
import type { PolicyOptions } from './policy-options.ts';
import { TrackedFiles } from './tracked-files.ts';

const MODULE = constantPolicy({ answer: { accepted: true } });
const DIGEST = createHash('sha256').update(MODULE).digest('hex');
let folder = '';
let path = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostiary-store-'));
  path = join(folder, 'a.wasm');
  await writeFile(path, MODULE);
  await writeFile(join(folder, 'text'), 'text');
});
after(() => rm(folder, { recursive: true, force: true }));

function registry(modules: Readonly<Record<string, Uint8Array>>): {
  source: NonNullable<PolicyOptions['registry']>;
  asked: string[];
} {
  const asked: string[] = [];
  return {
    asked,
    source: {
      fetch: async (url) => {
        asked.push(url);
        const bytes = modules[url];
        if (!bytes) throw new Error('no such image');
        return Promise.resolve({ bytes, digest: createHash('sha256').update(bytes).digest('hex') });
      },
    },
  };
}

test('where a module is', () => {
  const rows: [text: string, url: object][] = [
    ['/a/b.wasm', { scheme: 'file', path: '/a/b.wasm' }],
    ['./b.wasm', { scheme: 'file', path: './b.wasm' }],
    ['../b.wasm', { scheme: 'file', path: '../b.wasm' }],
    ['file:///a%20b.wasm', { scheme: 'file', path: '/a b.wasm' }],
    ['https://x/y', { scheme: 'https', url: 'https://x/y' }],
    ['registry://x/y:1', { scheme: 'registry', url: 'registry://x/y:1' }],
    ['ghcr.io/x:1', { scheme: 'registry', url: 'registry://ghcr.io/x:1' }],
    ['localhost:5000/x', { scheme: 'registry', url: 'registry://localhost:5000/x' }],
  ];
  for (const [text, url] of rows) assert.deepEqual(moduleUrl(text), url, text);
  assert.throws(() => moduleUrl('s3://x'), /unknown scheme s3/);
});

test('what messages call a module has no password and no signed query', () => {
  const rows: [url: string, shown: string][] = [
    ['https://u:p@x/y.wasm', 'https://x/y.wasm'],
    ['https://u:p@ss@x/y.wasm', 'https://x/y.wasm'],
    ['https://x/y.wasm?token=secret#z', 'https://x/y.wasm'],
    ['registry://x/y@sha256:0', 'registry://x/y@sha256:0'],
    ['x/y:1', 'x/y:1'],
    ['file:///a?b@c.wasm', 'file:///a?b@c.wasm'],
  ];
  for (const [url, shown] of rows) assert.equal(shownUrl(url), shown);
});

test('a web server is given the credentials of the URL, and messages are not', async (t) => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(request.url === '/a.wasm' ? 200 : 404).end(MODULE);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const at = (path: string): string => `http://user:s3cr3t@127.0.0.1:${port}${path}`;
  const opener = new ModuleStore({}).opener(new TrackedFiles());
  assert.equal((await opener.open(at('/a.wasm'))).digest, DIGEST);
  assert.deepEqual(seen, [`Basic ${Buffer.from('user:s3cr3t').toString('base64')}`]);
  for (const url of [at('/b.wasm'), 'http://user:s3cr3t@127.0.0.1:1/', 'http://user:s3cr3t@[x/']) {
    await assert.rejects(opener.open(url), (error: Error) => !error.message.includes('s3cr3t'));
  }
});

test('what is on its way is given up at the end', async (t) => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const store = new ModuleStore({});
  const opening = store.opener(new TrackedFiles()).open(`http://127.0.0.1:${port}/never.wasm`);
  setTimeout(() => store.stop(), 50);
  await assert.rejects(opening, /abort/);
});

test('files are read at each load and tracked; what is no module is refused', async () => {
  const store = new ModuleStore({});
  const files = new TrackedFiles();
  const opened = await store.opener(files).open(path);
  assert.equal(opened.digest, DIGEST);
  assert.equal(opened.metadata.executionMode, 'kubewarden-wapc');
  assert.ok(Buffer.from(await opened.bytes()).equals(MODULE));
  assert.deepEqual([...files.seen.keys()], [path]);
  await assert.rejects(store.opener(files).open(join(folder, 'text')), { message: 'invalid wasm file' });
});

test('a remote module is fetched once, and again only for its bytes', async () => {
  const { source, asked } = registry({ 'registry://r/a': MODULE });
  const store = new ModuleStore({ registry: source });
  const first = store.opener(new TrackedFiles());
  assert.deepEqual(
    await Promise.all([first.open('registry://r/a'), first.open('registry://r/a')]).then(([a]) => a.digest),
    DIGEST,
  );
  assert.equal(asked.length, 1, 'at the same time');
  const later = await store.opener(new TrackedFiles()).open('registry://r/a');
  assert.equal(asked.length, 1, 'at a later load');
  await later.bytes();
  assert.equal(asked.length, 2, 'for its bytes');
  store.keepOnly(new Set());
  await store.opener(new TrackedFiles()).open('registry://r/a');
  assert.equal(asked.length, 3, 'when it comes back');
  await assert.rejects(store.opener(new TrackedFiles()).open('registry://r/b'), { message: 'no such image' });
});

test('a remote module that has changed since it was checked is not run', async () => {
  const modules: Record<string, Uint8Array> = { 'registry://r/a': MODULE };
  const store = new ModuleStore({ registry: registry(modules).source });
  await store.opener(new TrackedFiles()).open('registry://r/a');
  const later = await store.opener(new TrackedFiles()).open('registry://r/a');
  modules['registry://r/a'] = constantPolicy({ answer: { accepted: false } });
  await assert.rejects(later.bytes(), { code: 'unverified-module' });
});

test('nothing runs that is not verified when verification is configured', async () => {
  const rows: [verify: PolicyOptions['verify'], message: RegExp | undefined][] = [
    ['unavailable', /verification is configured, but not available/],
    [() => Promise.reject(new Error('no signature')), /no signature/],
    [() => Promise.resolve({ digest: '0'.repeat(64) }), /expected sha256:0{64}, found sha256:/],
    [() => Promise.resolve({ digest: DIGEST }), undefined],
  ];
  for (const [verify, message] of rows) {
    const opening = new ModuleStore({ verify }).opener(new TrackedFiles()).open(path);
    if (message) await assert.rejects(opening, { code: 'unverified-module', message });
    else assert.equal((await opening).digest, DIGEST);
  }
});

test('who has a registry client asks web servers by it, too', async () => {
  const { source, asked } = registry({ 'https://x/a.wasm': MODULE });
  const opener = new ModuleStore({ registry: source }).opener(new TrackedFiles());
  assert.equal((await opener.open('https://x/a.wasm')).digest, DIGEST);
  await assert.rejects(opener.open('http://127.0.0.1:1/a.wasm'), { message: 'no such image' });
  assert.deepEqual(asked, ['https://x/a.wasm', 'http://127.0.0.1:1/a.wasm']);
});

test('what is fetched is the manifest that was verified, and is verified again when others are trusted', async () => {
  const { source } = registry({ 'registry://r/a': MODULE });
  const manifests: (string | undefined)[] = [];
  let trustVersion = 0;
  let verified = 0;
  let isTrusted = true;
  const store = new ModuleStore({
    registry: {
      fetch: async (url, options) => {
        manifests.push(options.manifestDigest);
        return source.fetch(url, options);
      },
    },
    verify: async () => {
      verified++;
      if (!isTrusted) throw new Error('nobody trusts it');
      return Promise.resolve({ digest: DIGEST, manifestDigest: 'sha256:m' });
    },
    trustVersion: () => trustVersion,
  });
  const open = (): Promise<unknown> => store.opener(new TrackedFiles()).open('registry://r/a');
  await open();
  await open();
  assert.deepEqual([manifests, verified], [['sha256:m'], 1]);
  [trustVersion, isTrusted] = [1, false];
  await assert.rejects(open(), { code: 'unverified-module', message: 'nobody trusts it' });
  isTrusted = true;
  await open();
  assert.deepEqual([manifests.length, verified], [2, 3]);
});
