import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '@ostiary/policy';
import { matchesText, missingPart } from './match.ts';

suite('expected parts', () => {
  for (const [value, expected, missing] of [
    [{ a: 1, b: 2 }, { a: 1 }, undefined],
    [{ a: 1 }, { b: 1 }, 'b'],
    [{ a: { b: [1, 2] } }, { a: { b: [1] } }, 'a.b (2 items, expected 1)'],
    [{ a: [{ b: 1, c: 1 }] }, { a: [{ b: 1 }] }, undefined],
    [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, 'a[0].b'],
    [{ a: null }, { a: null }, undefined],
    [{}, { a: null }, 'a'],
    [{}, { toString: {} }, 'toString'],
    ['1', 1, '(root)'],
    [[], {}, '(root)'],
  ] as readonly (readonly [JsonValue, JsonValue, string | undefined])[]) {
    test(`${JSON.stringify(expected)} of ${JSON.stringify(value)}`, () => {
      assert.equal(missingPart(value, expected), missing);
    });
  }

  test('every value has all of itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (any) => {
        const value = JSON.parse(JSON.stringify(any)) as JsonValue;
        assert.equal(missingPart(value, value), undefined);
      }),
    );
  });

  test('texts match by a part or by a regular expression', () => {
    assert.ok(matchesText('a b c', 'b'));
    assert.ok(matchesText('a b c', '/^A.*C$/i'));
    assert.ok(!matchesText('a b c', '/^b/'));
    assert.ok(matchesText('/(/', '/(/'), 'what is no regular expression is text');
  });
});
