import nodeAssert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import * as assert from './assert.ts';

const passes = (run: () => void): boolean => {
  try {
    run();
    return true;
  } catch (error) {
    nodeAssert.ok(error instanceof assert.AssertionError || error instanceof nodeAssert.AssertionError, String(error));
    return false;
  }
};

type Compare = (found: unknown, expected: unknown) => void;

const comparisons: readonly (readonly [string, Compare, Compare])[] = [
  ['equal', assert.equal, nodeAssert.equal],
  ['deepEqual', assert.deepEqual, nodeAssert.deepEqual],
];

/** Asserts that both libraries come to the same verdict on two values. */
function agree(found: unknown, expected: unknown): void {
  for (const [name, ours, theirs] of comparisons) {
    const verdicts = [ours, theirs].map((compare) => passes(() => compare(found, expected)));
    nodeAssert.equal(verdicts[0], verdicts[1], `${name} of ${JSON.stringify(found)} and ${JSON.stringify(expected)}`);
  }
}

suite('the assertions of the contracts judge as those of Node', () => {
  const scalars = [undefined, null, true, false, 0, -0, 1, Number.NaN, '', '0', 'é'];
  const arrays = [[], [undefined], [1, 2], [2, 1], [[1]], [{ a: 1 }]];
  const objects = [{}, { a: undefined }, { a: 1 }, { b: 1 }, { a: 1, b: 2 }, { b: 2, a: 1 }, { 0: 1, 1: 2 }, { a: [] }];
  const bytes = [new Uint8Array(), new Uint8Array([1, 2]), new Uint8Array([1, 3]), new Uint16Array([1, 2])];
  const values: readonly unknown[] = [scalars, arrays, objects, bytes].flat();
  test('on each pair of a table', () => {
    for (const found of values) for (const expected of values) agree(found, structuredClone(expected));
  });
  test('on any JSON value, and on one that differs in one place', () => {
    const one = fc.jsonValue();
    fc.assert(fc.property(one, one, (found, other) => (agree(found, structuredClone(found)), agree(found, other))));
    const pair = fc.tuple(fc.array(one, { minLength: 1 }), one);
    fc.assert(fc.property(pair, ([found, last]) => agree(found, [...found.slice(0, -1), last])));
  });
  test('on texts, truth and exceptions', () => {
    nodeAssert.ok(passes(() => assert.match('abc', /b/)));
    nodeAssert.ok(!passes(() => assert.match('abc', /d/)));
    nodeAssert.ok(passes(() => assert.doesNotMatch('abc', /d/)));
    nodeAssert.ok(!passes(() => assert.doesNotMatch('abc', /b/)));
    for (const value of values) {
      nodeAssert.equal(
        passes(() => assert.ok(value)),
        Boolean(value),
      );
    }
    const fail = (): never => {
      throw new TypeError('as it must');
    };
    nodeAssert.ok(passes(() => assert.throws(fail, (error) => error instanceof TypeError)));
    nodeAssert.ok(!passes(() => assert.throws(fail, (error) => error instanceof RangeError)));
    nodeAssert.ok(!passes(() => assert.throws(() => undefined, Boolean)));
  });
  test('and their messages name both values, cut to a bounded length', () => {
    nodeAssert.throws(() => assert.equal(1, 2, 'a count'), { message: 'a count: expected 2, found 1' });
    nodeAssert.throws(
      () => assert.deepEqual('x'.repeat(1e6), []),
      (error: Error) => error.message.length < 1500,
    );
  });
});
