import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { callsPerRound, median, minimum, rotated, rounded } from './statistics.ts';

const samples = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 });

suite('statistics', () => {
  const medians: readonly [number[], number][] = [
    [[], Number.NaN],
    [[7], 7],
    [[9, 1, 5], 5],
    [[10, 2, 4, 8], 6],
    [[1, 1, 1, 1000], 1],
  ];
  for (const [given, expected] of medians) {
    test(`the median of ${JSON.stringify(given)} is ${expected}`, () => assert.equal(median(given), expected));
  }

  test('the minimum of nothing is not a number', () => assert.equal(minimum([]), Number.NaN));

  test('minimum and median lie among the samples, which stay as they were', () => {
    fc.assert(
      fc.property(samples, (given) => {
        const before = [...given];
        const [least, middle] = [minimum(given), median(given)];
        assert.deepEqual(given, before);
        assert.ok(given.every((sample) => sample >= least));
        // As many samples are below the median as above, but for those equal to it.
        assert.ok(given.filter((sample) => sample < middle).length * 2 <= given.length);
        assert.ok(given.filter((sample) => sample > middle).length * 2 <= given.length);
      }),
    );
  });

  const roundings: readonly [number, number][] = [
    [0, 0],
    [0.012345, 0.0123],
    [6.0449, 6.04],
    [99.95, 100],
    [1234.5, 1235],
    [23_500.4, 23_500],
    [Number.NaN, Number.NaN],
  ];
  for (const [given, expected] of roundings) {
    test(`${given} is shown as ${expected}`, () => assert.equal(rounded(given), expected));
  }

  test('each item is first once in as many rounds as there are items', () => {
    const items = ['a', 'b', 'c', 'd'];
    const rounds = [0, 1, 2, 3].map((round) => rotated(items, round));
    assert.equal(new Set(rounds.map(([first]) => first)).size, items.length);
    for (const round of rounds) assert.deepEqual(round.toSorted(), items);
    assert.deepEqual(rotated(items, 4), rotated(items, 0));
    assert.deepEqual(rotated([], 3), []);
  });

  test('a round has at least one call and no more than fill it', () => {
    assert.equal(callsPerRound(10, 60), 6000);
    assert.equal(callsPerRound(1_000_000, 60), 1);
    assert.ok(Number.isFinite(callsPerRound(0, 60)));
  });
});
