import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from './table.ts';

test('numbers stand to the right under their title, texts to the left', () => {
  const table = formatTable(
    ['guest', 'µs', 'note'],
    [
      ['c', '6.5', ''],
      ['go-reactor', '1230', '3 (CPU 2)'],
    ],
  );
  assert.equal(
    table,
    ['guest         µs  note', '----------  ----  ---------', 'c            6.5', 'go-reactor  1230  3 (CPU 2)'].join(
      '\n',
    ),
  );
});
