import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splice } from './splice.ts';

const encoder = new TextEncoder();
const document = encoder.encode('0123456789');

function spliced(start: number, end: number, edits: [number, number, string][]): string {
  const segments = splice(
    document,
    start,
    end,
    edits.map(([start, end, text]) => ({ start, end, bytes: encoder.encode(text) })),
  );
  return segments.map((segment) => new TextDecoder().decode(segment)).join('');
}

test('edits replace their ranges in document order, and those outside the range do not count', () => {
  assert.equal(spliced(0, 10, []), '0123456789');
  assert.equal(
    spliced(0, 10, [
      [7, 9, 'b'],
      [1, 3, 'a'],
    ]),
    '0a3456b9',
  );
  assert.equal(
    spliced(2, 8, [
      [0, 2, 'x'],
      [3, 5, ''],
      [8, 10, 'y'],
    ]),
    '2567',
  );
});

test('nothing is copied', () => {
  assert.ok(splice(document, 1, 4, []).every((segment) => segment.buffer === document.buffer));
});
