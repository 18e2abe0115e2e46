import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseAbove, type Releasable } from './idle.ts';

test('what was used least recently gives its memory back first, and no more than needed', () => {
  const released: string[] = [];
  const guest = (name: string, usedAt: number, bytes: number): Releasable => ({
    usedAt,
    heldBytes: () => bytes,
    release: () => void released.push(name),
  });
  const guests = [guest('old', 1, 40), guest('newest', 9, 50), guest('newer', 5, 50), guest('empty', 0, 0)];
  releaseAbove(100, guests);
  assert.deepEqual(released, ['old', 'empty']);
  released.length = 0;
  releaseAbove(200, guests);
  assert.deepEqual(released, []);
});
