import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKnownReports } from './known.ts';

test('nothing is known for sure before a survey has ended', () => {
  const known = createKnownReports();
  known.note('a', '1');
  known.ended(true);
  assert.equal(known.isComplete, false, 'there was no survey');
  known.clear();
  known.found('b', '2');
  assert.equal(known.isComplete, false, 'it goes on');
  known.ended(false);
  assert.equal(known.isComplete, false, 'it broke off');
  known.clear();
  known.found('b', '2');
  known.ended(true);
  assert.deepEqual([known.isComplete, known.has('a'), known.digestOf('b')], [true, false, '2']);
});

test('a store that has more reports than it may know of says so, and goes on knowing the first', () => {
  const known = createKnownReports(2);
  known.clear();
  for (const name of ['a', 'b', 'c']) known.found(name, name);
  known.ended(true);
  assert.deepEqual([known.isComplete, known.has('b'), known.has('c')], [false, true, false]);
  known.note('b', 'new');
  assert.equal(known.digestOf('b'), 'new');
});

test('what was written or removed during a survey is newer than what the survey finds', () => {
  const known = createKnownReports();
  known.note('before', 'old');
  known.clear();
  known.note('written', 'new');
  known.note('removed', 'new');
  known.forget('removed');
  for (const name of ['before', 'written', 'removed']) known.found(name, 'listed');
  known.ended(true);
  assert.deepEqual(
    ['before', 'written', 'removed'].map((name) => known.digestOf(name)),
    ['listed', 'new', undefined],
  );
  known.clear();
  known.found('written', 'listed');
  known.ended(true);
  assert.equal(known.digestOf('written'), 'listed', 'what was newer at one survey is not at the next');
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
