import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { HOST_BUILTINS } from '../testing/host-builtins.ts';
import { tablePage } from '../testing/table-page.ts';
import { builtinTable } from './table.ts';

const PAGE = new URL('../../../../../docs/rego-builtins.md', import.meta.url);

suite('the table of builtins', () => {
  test('says something of everything that OPA leaves to its host', () => {
    const known = new Set(builtinTable().map(({ name }) => name));
    assert.deepEqual(
      HOST_BUILTINS.filter((name) => !known.has(name)),
      [],
    );
  });
  test('names nothing twice', () => {
    const names = builtinTable().map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
  test('is in the manual; UPDATE_DOCS=1 writes it anew', () => {
    const page = tablePage(builtinTable());
    if (process.env['UPDATE_DOCS']) writeFileSync(PAGE, page);
    assert.equal(existsSync(PAGE) && readFileSync(PAGE, 'utf8'), page);
  });
});
