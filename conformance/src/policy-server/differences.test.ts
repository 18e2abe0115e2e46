import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { DIFFERENCES } from './server.ts';

const FOLDER = new URL('.', import.meta.url);

suite('the known differences', () => {
  test('say what, where and why, each once', () => {
    const ids = DIFFERENCES.map(({ id }) => id);
    assert.deepEqual(ids, [...new Set(ids)]);
    for (const { id, section, theirs, ours, why } of DIFFERENCES) {
      assert.match(id, /^[a-z]+(?:-[a-z]+)*$/);
      assert.match(section, /^\d+\.\d+$/, id);
      for (const text of [theirs, ours, why]) assert.ok(text.length > 10, id);
    }
  });

  // The tests hold the server to what it does otherwise: one that goes back to the original's way turns them red.
  test('are tested, each in the file of its section', () => {
    const tested = readdirSync(FOLDER).flatMap((file) => {
      if (!/^s\d+-.*\.test\.ts$/.test(file)) return [];
      const text = readFileSync(new URL(file, FOLDER), 'utf8');
      return [...text.matchAll(/\bdiffering\(\s*'([^']+)'/g)].map(([, id]) => [id, file] as const);
    });
    for (const { id, section } of DIFFERENCES) {
      const [chapter] = section.split('.');
      assert.ok(
        tested.some(([each, file]) => each === id && file.startsWith(`s${chapter}-`)),
        `nothing tests ${id} of §${section}`,
      );
    }
    assert.deepEqual(
      tested.filter(([id]) => !DIFFERENCES.some((difference) => difference.id === id)),
      [],
    );
  });
});
