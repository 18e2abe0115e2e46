import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runConformance } from './harness.ts';

/** Lines `# reason`, each followed by the names of the tests that fail for it. */
function readKnownFailures(): ReadonlySet<string> {
  const text = readFileSync(join(import.meta.dirname, 'known-failures.txt'), 'utf8');
  return new Set(text.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
}

test('the conformance suite of the language passes, but for the known failures', () => {
  const outcomes = runConformance();
  const known = readKnownFailures();
  const failing = outcomes.filter(({ failure }) => failure !== undefined);
  assert.deepEqual(
    failing.filter(({ name }) => !known.has(name)),
    [],
    'tests that fail and should not',
  );
  const names = new Set(failing.map(({ name }) => name));
  assert.deepEqual(
    [...known].filter((name) => !names.has(name)),
    [],
    'tests that no longer fail, or no longer exist',
  );
  assert.ok(outcomes.length > 2_000, 'the suite is there');
});
