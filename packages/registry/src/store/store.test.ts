import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { RegistryError } from '../errors.ts';
import { failsWith, someModule } from '../oci/fixtures.ts';
import { digestOf } from '../oci/digest.ts';
import { formatReference, parseReference } from '../reference/parse.ts';
import { findPolicy } from './argument.ts';
import { isMutable, referenceOf, storePath, type RemoteReference } from './path.ts';
import { openStore, type Store } from './store.ts';

let parent = '';
let root = '';
let store: Store;

before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'ostiary-store-'));
});
after(() => rm(parent, { recursive: true }));
beforeEach(async () => {
  root = await mkdtemp(join(parent, 'store-'));
  store = openStore(root);
});

function at(url: string): RemoteReference {
  const reference = parseReference(url);
  assert.notEqual(reference.kind, 'file');
  return reference as RemoteReference;
}

async function* bytes(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

describe('the layout', () => {
  const SHA = `sha256:${'a'.repeat(64)}`;
  const paths: readonly (readonly [string, string])[] = [
    ['ghcr.io/kubewarden/policies/pod-privileged:v0.2.2', 'registry/ghcr.io/kubewarden/policies/pod-privileged:v0.2.2'],
    ['busybox', 'registry/docker.io/library/busybox:latest'],
    ['localhost:5000/a', 'registry/localhost:5000/a:latest'],
    [`ghcr.io/a/b@${SHA}`, `registry/ghcr.io/a/b@${SHA}`],
    ['https://example.com:8443/p/policy.wasm', 'https/example.com:8443/p/policy.wasm'],
    ['http://example.com/policy.wasm', 'http/example.com/policy.wasm'],
    ['https://example.com/a%20b/../c.wasm', 'https/example.com/c.wasm'],
    ['https://example.com/get?p=a/b', 'https/example.com/get?p=a%2Fb'],
  ];
  for (const [url, path] of paths) {
    test(`${url} is at ${path}`, { skip: process.platform === 'win32' }, () => {
      assert.equal(storePath(at(url)), path);
      const back = referenceOf(path.split('/'));
      assert.ok(back !== undefined && storePath(back) === path);
    });
  }

  test('a URL that is no path is refused', () => {
    for (const url of ['https://example.com', 'https://example.com/', 'https://example.com/a//b', 'https://e.com/a/']) {
      assert.throws(() => storePath(at(url)), failsWith('unsupported'));
    }
  });

  test('only latest changes', () => {
    assert.equal(isMutable(at('ghcr.io/a/b')), true);
    for (const url of ['ghcr.io/a/b:v1', `ghcr.io/a/b:latest@${SHA}`, 'https://e.com/a.wasm']) {
      assert.equal(isMutable(at(url)), false);
    }
  });
});

describe('a store', () => {
  test('keeps, finds, lists and removes modules', async () => {
    const module = someModule();
    const reference = at('ghcr.io/org/policy:v1');
    assert.equal(await store.get(reference), undefined);
    assert.deepEqual(await store.list(), []);
    const put = await store.put(reference, bytes(module.subarray(0, 3), module.subarray(3)));
    assert.equal(put.digest, digestOf(module));
    assert.deepEqual(await readFile(put.path), module);
    const [only] = await store.list();
    assert.equal(only?.url, 'registry://ghcr.io/org/policy:v1');
    assert.equal((await store.find('registry://ghcr.io/org/policy:v1'))?.path, put.path);
    assert.equal((await store.find(put.digest.slice(7, 15)))?.path, put.path);
    assert.equal(await store.remove(reference), true);
    assert.equal(await store.remove(reference), false);
    assert.deepEqual(await readdir(join(root)), []);
  });

  test('reads what kwctl has put there, and lists nothing else', async () => {
    await mkdir(join(root, 'registry/ghcr.io/org'), { recursive: true });
    await writeFile(join(root, 'registry/ghcr.io/org/policy:v1'), someModule());
    await writeFile(join(root, 'registry/ghcr.io/org/Not A Name'), 'x');
    await writeFile(join(root, 'registry/ghcr.io/org/untagged'), 'x');
    await writeFile(join(root, 'README'), 'x');
    assert.deepEqual(
      (await store.list()).map(({ url }) => url),
      ['registry://ghcr.io/org/policy:v1'],
    );
    assert.ok(await store.get(at('ghcr.io/org/policy:v1')));
  });

  test('a prefix of two modules is ambiguous', async () => {
    const module = someModule();
    await store.put(at('ghcr.io/a:v1'), bytes(module));
    await store.put(at('ghcr.io/a:v2'), bytes(module));
    await assert.rejects(store.find(digestOf(module).slice(7, 12)), failsWith('ambiguous'));
  });

  test('an iteration that throws changes nothing', async () => {
    const reference = at('ghcr.io/a:v1');
    const module = someModule();
    await store.put(reference, bytes(module));
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield someModule();
      throw new RegistryError('network', 'broken');
    };
    await assert.rejects(store.put(reference, broken()), failsWith('network'));
    assert.deepEqual(await readFile(store.pathOf(reference)), module);
    assert.deepEqual(await readdir(join(root, 'registry/ghcr.io')), ['a:v1']);
  });

  test('a file that was changed behind its back is noticed', async () => {
    const reference = at('ghcr.io/a:v1');
    const { path } = await store.put(reference, bytes(someModule()));
    await writeFile(path, someModule());
    await assert.rejects(store.get(reference), failsWith('digest-mismatch'));
  });

  test('many writers of one name leave one whole module', async () => {
    const reference = at('ghcr.io/a:latest');
    const modules = Array.from({ length: 8 }, () => someModule(100_000));
    await Promise.all(modules.map((module) => openStore(root).put(reference, bytes(module))));
    const found = await readFile(store.pathOf(reference));
    assert.ok(modules.some((module) => found.equals(module)));
    assert.deepEqual(await readdir(join(root, 'registry/ghcr.io')), ['a:latest']);
  });

  test('writers and removers of neighbours get along', async () => {
    const names = Array.from({ length: 6 }, (_, index) => at(`ghcr.io/org/p${index}:v1`));
    const churn = async (reference: RemoteReference): Promise<void> => {
      for (let round = 0; round < 15; round++) {
        await store.put(reference, bytes(someModule(100)));
        await store.remove(reference);
      }
    };
    await Promise.all(names.map(churn));
    assert.deepEqual(await store.list(), []);
  });

  test('collects what was left an hour ago, not what is being written', async () => {
    const directory = join(root, 'registry/ghcr.io');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, '.ostiary-tmp-1'), 'x');
    await writeFile(join(directory, '.ostiary-tmp-2'), 'x');
    const old = new Date(Date.now() - 2 * 3600_000);
    await utimes(join(directory, '.ostiary-tmp-1'), old, old);
    assert.equal(await store.collectGarbage(), 1);
    assert.deepEqual(await readdir(directory), ['.ostiary-tmp-2']);
    assert.deepEqual(await store.list(), []);
  });
});

test('a command’s argument is a URL, a file, a stored module or an image', async () => {
  const { digest } = await store.put(at('ghcr.io/a:v1'), bytes(someModule()));
  const file = join(root, 'abc');
  await writeFile(file, 'x');
  const named = async (text: string, options?: { takesImages: boolean }): Promise<string> => {
    return formatReference(await findPolicy(text, store, options));
  };
  assert.equal(await named('registry://ghcr.io/x'), 'registry://ghcr.io/x:latest');
  assert.match(await named(file), /^file:\/\/\/.*abc$/);
  assert.equal(await named(digest.slice(7, 20)), 'registry://ghcr.io/a:v1');
  assert.equal(await named('busybox', { takesImages: true }), 'registry://docker.io/library/busybox:latest');
  await assert.rejects(named('ghcr.io/a:v1'), /Cannot find policy with uri: ghcr.io\/a:v1/);
});

test('a process that is killed while it stores leaves whole modules only', async () => {
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'killed.ts'), root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await pause(5 + Math.random() * 60);
    child.kill('SIGKILL');
    await ended;
    for (const { reference, path } of await store.list()) {
      const found = await readFile(path);
      assert.equal(found.length, 4 + 8 * 64 * 1024);
      assert.ok(found.subarray(4).every((byte) => byte === found[4]));
      // Its note may be missing, as the process was killed before it was written, but is never another module's.
      assert.ok(await store.get(reference));
    }
  }
});
