import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { openStore } from '@ostiary/registry';
import { readArchive } from './archive.ts';
import { ArchiveError, readTar, writeTar } from './tar.ts';

interface File {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function* chunked(bytes: Uint8Array, size = bytes.length || 1): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function packed(files: readonly File[]): Promise<Buffer> {
  const entries = files.map(({ name, bytes }) => ({ name, size: bytes.length, chunks: chunked(bytes) }));
  const parts: Uint8Array[] = [];
  for await (const part of writeTar(entries)) parts.push(part);
  return Buffer.concat(parts);
}

async function unpacked(tar: Uint8Array, size?: number): Promise<readonly File[]> {
  const files: File[] = [];
  for await (const { name, chunks } of readTar(chunked(tar, size))) {
    const parts: Uint8Array[] = [];
    for await (const part of chunks) parts.push(part);
    files.push({ name, bytes: new Uint8Array(Buffer.concat(parts)) });
  }
  return files;
}

const NAME = fc.stringMatching(/^[a-z:@.-]{1,40}(\/[a-z0-9é:]{1,60}){0,4}$/);

describe('tar', () => {
  test('what is written is read, however the bytes come', async () => {
    const files = fc.array(
      fc.record({ name: NAME, bytes: fc.uint8Array({ maxLength: 2000 }) }, { noNullPrototype: true }),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1, max: 1500 }), async (given, size) => {
        assert.deepEqual(await unpacked(await packed(given), size), given);
      }),
      { numRuns: 60 },
    );
  });

  test('what is not read of a file is passed over', async () => {
    const tar = await packed([
      { name: 'a', bytes: new Uint8Array(1000) },
      { name: 'b', bytes: Uint8Array.of(1) },
    ]);
    const names: string[] = [];
    for await (const { name } of readTar(chunked(tar, 100))) names.push(name);
    assert.deepEqual(names, ['a', 'b']);
  });

  test('garbage is an ArchiveError, and never more than the bytes that came', async () => {
    const whole = await packed([{ name: 'a', bytes: Uint8Array.of(1, 2, 3) }]);
    for (let end = 0; end < 1024; end += 37) {
      await assert.rejects(unpacked(whole.subarray(0, end)), ArchiveError, `${end} bytes`);
    }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 511 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const broken = Buffer.from(whole);
        broken[at] = (broken[at] ?? 0) ^ flip;
        await unpacked(broken).catch((error: unknown) => assert.ok(error instanceof ArchiveError));
      }),
    );
  });
});

describe("the system's tar", { skip: spawnSync('tar', ['--version']).status !== 0 && 'there is none' }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ostiary-tar-'));
  });
  after(() => rm(folder, { recursive: true }));

  const long = `registry/example.com/${'folder/'.repeat(20)}policy:v1`;

  test('reads ours', async () => {
    await writeFile(join(folder, 'ours.tar'), await packed([{ name: long, bytes: Uint8Array.of(1, 2) }]));
    const { stdout, status } = spawnSync('tar', ['--force-local', '-xOf', join(folder, 'ours.tar'), long]);
    assert.equal(status, 0);
    assert.deepEqual(new Uint8Array(stdout), Uint8Array.of(1, 2));
  });

  for (const format of ['gnu', 'ustar', 'posix']) {
    test(`ours reads the format ${format}`, async () => {
      const { mkdir } = await import('node:fs/promises');
      await mkdir(join(folder, long, '..'), { recursive: true });
      await writeFile(join(folder, long), 'module');
      const made = spawnSync('tar', ['--force-local', `--format=${format}`, '-cf', 'theirs.tar', 'registry'], {
        cwd: folder,
      });
      assert.equal(made.status, 0, String(made.stderr));
      const files = await unpacked(await readFile(join(folder, 'theirs.tar')), 700);
      assert.deepEqual(
        files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]),
        [[long, 'module']],
      );
    });
  }
});

describe('an archive of policies', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ostiary-archive-'));
  });
  after(() => rm(folder, { recursive: true }));

  const hostile = [
    '../outside',
    '/etc/passwd',
    'registry/../../outside',
    'registry/example.com/../../../outside:v1',
    'registry/example.com/p:v1/../../p:v1',
    '.ostiary/digests/registry/example.com/p:v1',
    'file/etc/passwd',
    'readme.txt',
    'registry/example.com/p',
    '',
  ];
  for (const name of hostile) {
    test(`writes nothing at ${JSON.stringify(name)}`, async () => {
      const path = join(folder, 'hostile.tar.gz');
      await writeFile(path, gzipSync(await packed([{ name, bytes: Uint8Array.of(1) }])));
      const store = openStore(join(folder, 'store'));
      await assert.rejects(
        readArchive(path, store, () => assert.fail('nothing may be stored')),
        ArchiveError,
      );
      assert.deepEqual(await store.list(), []);
    });
  }

  test('what is no archive says so', async () => {
    const path = join(folder, 'no.tar.gz');
    await writeFile(path, 'not gzip');
    const store = openStore(join(folder, 'store'));
    await assert.rejects(
      readArchive(path, store, () => undefined),
      /is no gzipped archive/,
    );
    await assert.rejects(
      readArchive(join(folder, 'missing.tar.gz'), store, () => undefined),
      /ENOENT/,
    );
  });
});
