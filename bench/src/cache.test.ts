import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cacheFolder, digestOfFolder } from './cache.ts';

test('the cache is where XDG_CACHE_HOME says, if it says so properly', () => {
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/var/c', HOME: '/home/a' }), '/var/c/ostiary/bench');
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '', HOME: '/home/a' }), '/home/a/.cache/ostiary/bench');
  assert.equal(cacheFolder({ XDG_CACHE_HOME: 'c', HOME: '/home/a' }), '/home/a/.cache/ostiary/bench');
});

test('a digest changes with names and contents, and not with what cargo leaves behind', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-bench-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src', 'a'), 'one');
  const first = digestOfFolder(folder);
  writeFileSync(join(folder, 'lock'), '');
  const withLock = digestOfFolder(folder);
  writeFileSync(join(folder, 'src', 'a'), 'two');
  const changed = digestOfFolder(folder);
  assert.equal(new Set([first, withLock, changed]).size, 3);
  mkdirSync(join(folder, 'target'));
  writeFileSync(join(folder, 'target', 'x'), 'built');
  assert.equal(digestOfFolder(folder), changed);
});
