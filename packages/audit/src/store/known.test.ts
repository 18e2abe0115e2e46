import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKnownReports } from './known.ts';

test('nothing is known for sure before a survey has ended', () => {
  const known = createKnownReports();
  known.note('a', '1');
  known.complete();
  assert.equal(known.isComplete, false, 'there was no survey');
  known.clear();
  known.note('b', '2');
  assert.equal(known.isComplete, false, 'it goes on');
  known.complete();
  assert.deepEqual([known.isComplete, known.has('a'), known.digestOf('b')], [true, false, '2']);
});

test('a store that has more reports than it may know of says so, and goes on knowing the first', () => {
  const known = createKnownReports(2);
  known.clear();
  for (const name of ['a', 'b', 'c']) known.note(name, name);
  known.complete();
  assert.deepEqual([known.isComplete, known.has('b'), known.has('c')], [false, true, false]);
  known.note('b', 'new');
  assert.equal(known.digestOf('b'), 'new');
});

test('what a run has renewed is of that run until it is written anew', () => {
  const known = createKnownReports();
  known.clear();
  known.note('a', '1');
  known.renew('a', 'run');
  known.renew('unknown', 'run');
  assert.deepEqual([known.isRenewedBy('a', 'run'), known.isRenewedBy('a', 'other')], [true, false]);
  assert.equal(known.isRenewedBy('unknown', 'run'), false);
  known.note('a', '2');
  assert.equal(known.isRenewedBy('a', 'run'), false);
});
