import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readModule, rewrite, type Module } from '@ostiary/wasm';
import { hostileCases, remnantGuests } from '../guests/hostile/index.ts';
import { REWRITTEN } from './spec/variants.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where modules are built; the generated corpus is a suite of its own, and no module. */
const FOLDERS = ['conformance/build', 'conformance/guests', 'examples', 'packages/sdk'];
const NOT_GUESTS = /[/\\](node_modules|target|spec|smith)([/\\]|$)/;

const EXPORTS = 7;
const CODE = 10;
/** Sections that a rewrite leaves as they are: start, elements, data, and how many segments of data there are. */
const KEPT = new Set([8, 9, 11, 12]);
/** More than any guest starts with. */
const MAX_PAGES = 4096;

suite('every guest in the repository is rewritten to a valid module that keeps what it had', () => {
  for (const file of FOLDERS.flatMap((folder) => builtModules(join(ROOT, folder)))) {
    test(relative(ROOT, file), () => checkAll(new Uint8Array(readFileSync(file))));
  }
  test('hostile guests', () => {
    const cases = Object.values(hostileCases).flat();
    const accepted = cases.filter(({ expected }) => !('refused' in expected)).map(({ module }) => module);
    for (const bytes of [...accepted, ...Object.values(remnantGuests)]) checkAll(bytes);
  });
});

function builtModules(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.wasm') && !NOT_GUESTS.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function checkAll(bytes: Uint8Array): void {
  const before = readModule(bytes);
  for (const { title, options } of REWRITTEN) {
    if (!options) continue;
    const result = rewrite(bytes, { ...options, maxPages: MAX_PAGES }, before);
    assert.ok(WebAssembly.validate(result.bytes), `${title}: valid`);
    const after = readModule(result.bytes);
    assert.deepEqual(after.types.slice(0, before.types.length), before.types, `${title}: types`);
    assert.deepEqual(after.functions.slice(0, before.functions.length), before.functions, `${title}: functions`);
    assert.deepEqual(after.globals.slice(0, before.globals.length), before.globals, `${title}: globals`);
    assert.deepEqual(after.exports.slice(0, before.exports.length), before.exports, `${title}: exports`);
    // With nothing to insert, what is left of the rewriting is the memory: code and exports are the very same bytes.
    const untouched = options.interrupt || options.snapshot !== 'none' ? KEPT : new Set([...KEPT, EXPORTS, CODE]);
    assert.deepEqual(
      sections(result.bytes, after, untouched),
      sections(bytes, before, untouched),
      `${title}: sections`,
    );
  }
}

/** The payloads of some sections, by their number. */
function sections(bytes: Uint8Array, module: Module, wanted: ReadonlySet<number>): Map<number, string> {
  const some = module.sections.filter(({ id }) => wanted.has(id));
  return new Map(some.map(({ id, start, end }) => [id, Buffer.from(bytes.subarray(start, end)).toString('base64')]));
}
