import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { compiledSize } from './pattern-size.ts';

test('what is written out is counted', () => {
  for (const [pattern, least, most] of [
    ['abc', 3, 3],
    ['a{1000}', 1000, 1000],
    ['a{10,20}', 20, 20],
    ['a{10,}', 10, 11],
    ['(a{100}){10}', 1000, 1100],
    [String.raw`\{100}`, 1, 8],
    ['[]a{9}]', 1, 1],
    ['[^]]{5}', 5, 5],
    ['a{x}', 4, 4],
    ['(((a{10}){10}){10}', 1000, 1500],
  ] as const) {
    const size = compiledSize(pattern);
    assert.ok(size >= least && size <= most, `${pattern}: ${size}`);
  }
});

test('whatever the pattern, the estimate is not far below the program', () => {
  const atom = fc.constantFrom('a', '[a-c]', '(?:ab)', '(x|y)', String.raw`\d`, '.', String.raw`\{`);
  const count = fc.constantFrom('', '{3}', '{2,5}', '{4,}', '*', '+?');
  const run = fc.array(fc.tuple(atom, count), { minLength: 1, maxLength: 6 }).map((parts) => parts.flat().join(''));
  const nested = fc.tuple(run, count, run).map(([inner, times, rest]) => `(${inner})${times}${rest}`);
  fc.assert(
    fc.property(nested, (pattern) => {
      assert.ok(RE2JS.compile(pattern).programSize() <= 4 * compiledSize(pattern) + 8, pattern);
    }),
  );
});
