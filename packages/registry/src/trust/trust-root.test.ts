import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createSigstore } from './testing/sigstore.ts';
import { lazyTrustRoot, loadTrustRoot } from './trust-root.ts';

let directory: string;
let root: unknown;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ostiary-trust-'));
  root = (await createSigstore()).rootJson;
});
after(async () => rm(directory, { recursive: true, force: true }));

async function file(name: string, content: unknown): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

test('a trusted root and a client trust configuration', async () => {
  const plain = await loadTrustRoot({ kind: 'file', path: await file('root.json', root) });
  assert.equal(plain.material.tlogs.length, 1);
  const path = await file('config.json', { mediaType: 'x', trustedRoot: root, signingConfig: {} });
  const config = await loadTrustRoot({ kind: 'trust-config', path });
  assert.equal(config.material.certificateAuthorities.length, 1);
});

test('a cached root, offline', async () => {
  const folder = join(directory, 'cache', encodeURIComponent('tuf.test/repo'), 'targets');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'trusted_root.json'), JSON.stringify(root));
  const cacheDir = join(directory, 'cache');
  const mirror = 'https://tuf.test/repo/';
  const loaded = await loadTrustRoot({ kind: 'tuf', cacheDir, mirror, offline: true });
  assert.equal(loaded.material.ctlogs.length, 1);
  const empty = loadTrustRoot({ kind: 'tuf', cacheDir: join(directory, 'none'), offline: true });
  await assert.rejects(empty, { code: 'no-trust-root' });
});

test('a mirror that cannot be reached', async () => {
  const cacheDir = join(directory, 'fresh');
  const initialRoot = await file('initial.json', '{}');
  const spec = { kind: 'tuf', cacheDir, mirror: 'http://127.0.0.1:1/', initialRoot, timeoutMs: 500 } as const;
  await assert.rejects(loadTrustRoot(spec), { code: 'no-trust-root', message: /127\.0\.0\.1/ });
});

const broken: readonly (readonly [string, unknown, RegExp])[] = [
  ['not JSON', '{', /JSON/],
  ['a list', [], /not a JSON object/],
  ['an empty root', {}, /neither a certificate authority nor a log/],
  ['a broken certificate', { certificateAuthorities: [{ certChain: { certificates: [{ rawBytes: 'AAAA' }] } }] }, /./],
];
for (const [name, content, message] of broken) {
  test(`refuses ${name}`, async () => {
    const path = await file('broken.json', content);
    await assert.rejects(loadTrustRoot({ kind: 'file', path }), { code: 'no-trust-root', message });
    await assert.rejects(loadTrustRoot({ kind: 'trust-config', path }), { code: 'no-trust-root' });
  });
}

test('a lazy root is loaded once, and a failure is retried after a while', async () => {
  let clock = 0;
  const path = join(directory, 'late.json');
  const source = lazyTrustRoot({ kind: 'file', path }, () => clock);
  await assert.rejects(source(), { code: 'no-trust-root', message: /late\.json/ });
  await file('late.json', root);
  await assert.rejects(source(), { code: 'no-trust-root' });
  clock = 30_000;
  const loaded = await source();
  await rm(path);
  assert.equal(await source(), loaded);
});
