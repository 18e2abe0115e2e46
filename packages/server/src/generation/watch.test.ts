import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrackedFiles } from './tracked-files.ts';
import { watchFiles } from './watch.ts';

/** How long a change may go unseen: two looks and some. */
const SOON_MS = 1500;

interface Watching {
  readonly directory: string;
  readonly path: string;
  readonly changes: () => number;
}

/** A watch over one file that reads it again whenever it changes, as loaders do. */
async function watching(t: TestContext, prepare: (directory: string) => Promise<string>): Promise<Watching> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-watch-'));
  const path = await prepare(directory);
  let changes = 0;
  const read = async (): Promise<void> => {
    const files = new TrackedFiles();
    await files.read(path).catch(() => undefined);
    watch.follow(files.seen);
  };
  const watch = watchFiles(() => {
    changes++;
    void read();
  });
  await read();
  t.after(async () => {
    watch.stop();
    await rm(directory, { recursive: true });
  });
  return { directory, path, changes: () => changes };
}

async function eventually(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + SOON_MS; performance.now() < end && !condition();) await sleep(20);
  assert.ok(condition());
}

const plainFile = async (directory: string): Promise<string> => {
  await writeFile(join(directory, 'file'), 'one');
  return join(directory, 'file');
};

test('a file that changes between two reads of one load has changed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-tracked-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'module');
  await writeFile(path, 'one');
  const files = new TrackedFiles();
  await files.read(path);
  const first = files.seen.get(path);
  await writeFile(path, 'another');
  await files.read(path);
  assert.equal(files.seen.get(path), first);
});

test('a file that is written, removed and created again is seen each time, once', async (t) => {
  const { path, changes } = await watching(t, plainFile);
  await writeFile(path, 'two!');
  await eventually(() => changes() === 1);
  await rm(path);
  await eventually(() => changes() === 2);
  await writeFile(path, 'three');
  await eventually(() => changes() === 3);
  await sleep(600);
  assert.equal(changes(), 3);
});

test('the symbolic link swap of a mounted Secret is seen', async (t) => {
  const { directory, changes } = await watching(t, async (directory) => {
    for (const version of ['v1', 'v2']) {
      await mkdir(join(directory, version));
      await writeFile(join(directory, version, 'tls.crt'), 'same bytes');
    }
    await symlink('v1', join(directory, '..data'));
    await symlink('..data/tls.crt', join(directory, 'tls.crt'));
    return join(directory, 'tls.crt');
  });
  await symlink('v2', join(directory, '..data_tmp'));
  await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  await eventually(() => changes() === 1);
});

test('a change between reading and watching is not missed', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-watch-'));
  const path = await plainFile(directory);
  const files = new TrackedFiles();
  await files.read(path);
  await writeFile(path, 'newer');
  let changes = 0;
  const watch = watchFiles(() => changes++);
  t.after(async () => {
    watch.stop();
    await rm(directory, { recursive: true });
  });
  watch.follow(files.seen);
  await eventually(() => changes === 1);
});

test('a file that keeps changing is left alone until it rests', async (t) => {
  const { path, changes } = await watching(t, plainFile);
  for (let round = 0; round < 8; round++) {
    await writeFile(path, 'x'.repeat(10 + round));
    await sleep(100);
  }
  assert.equal(changes(), 0);
  await eventually(() => changes() === 1);
});
