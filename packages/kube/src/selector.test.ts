import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatLabelSelector, matchesLabelSelector, parseLabelSelector, type LabelSelector } from './selector.ts';

const CASES: readonly (readonly [
  selector: LabelSelector | string,
  labels: Record<string, string>,
  matches: boolean,
])[] = [
  ['', { a: 'b' }, true],
  [{}, {}, true],
  ['a=b', { a: 'b' }, true],
  ['a==b', { a: 'c' }, false],
  ['a=', { a: '' }, true],
  ['a=', {}, false],
  ['a!=b', {}, true],
  ['a!=b', { a: 'b' }, false],
  ['a', { a: '' }, true],
  ['!a', { a: '' }, false],
  ['!a', {}, true],
  [' a in ( b , c ) , d ', { a: 'c', d: 'x' }, true],
  ['a in (b,)', { a: '' }, true],
  ['a notin (b,c)', {}, true],
  ['a notin (b,c)', { a: 'c' }, false],
  ['a>4,a<6', { a: '5' }, true],
  ['a>4', { a: '9223372036854775807' }, true],
  ['a>4', { a: 'x' }, false],
  ['a<4', {}, false],
  ['in in (in)', { in: 'in' }, true],
  ['example.com/a-b_c.d=e', { 'example.com/a-b_c.d': 'e' }, true],
  ['constructor', {}, false],
  [{ matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'Exists' }] }, { a: 'b', c: '' }, true],
  [{ matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'Exists' }] }, { a: 'b' }, false],
  [{ matchExpressions: [{ key: 'c', operator: 'NotIn', values: ['d'] }] }, {}, true],
  [{ matchExpressions: [{ key: 'c', operator: 'DoesNotExist' }] }, {}, true],
  [{ matchExpressions: [{ key: 'c', operator: 'In', values: ['d', 'e'] }] }, { c: 'e' }, true],
];

test('selectors match as Kubernetes has them match', () => {
  for (const [selector, labels, matches] of CASES) {
    assert.equal(matchesLabelSelector(selector, labels), matches, JSON.stringify([selector, labels]));
    // The text form means the same.
    assert.equal(matchesLabelSelector(formatLabelSelector(selector), labels), matches, formatLabelSelector(selector));
  }
});

const INVALID: readonly (LabelSelector | string)[] = [
  'a=b c',
  ',',
  'a,',
  '=b',
  'a in b',
  'a in (b',
  'a in ()b',
  'a>x',
  'a=-b',
  '-a',
  'a/b/c',
  'A.com/x',
  '!',
  'a b',
  `a=${'x'.repeat(64)}`,
  'x'.repeat(64),
  'a=b)',
  '/a',
  { matchLabels: { 'a b': 'c' } },
  { matchExpressions: [{ key: 'a', operator: 'In' }] },
  { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] },
  { matchExpressions: [{ key: 'a', operator: 'Gt' as 'In', values: ['b'] }] },
  { matchExpressions: [{ key: 'a', operator: 'in' as 'In', values: ['b'] }] },
  'x'.repeat(100_000),
];

test('what Kubernetes refuses is refused', () => {
  for (const selector of INVALID)
    assert.throws(
      () => parseLabelSelector(selector),
      { code: 'invalid-selector' },
      JSON.stringify(selector).slice(0, 80),
    );
});

test('requirements are written sorted by key', () => {
  const selector: LabelSelector = {
    matchLabels: { z: '1', a: '2' },
    matchExpressions: [
      { key: 'm', operator: 'NotIn', values: ['y', 'x'] },
      { key: 'b', operator: 'DoesNotExist' },
    ],
  };
  assert.equal(formatLabelSelector(selector), 'a=2,!b,m notin (x,y),z=1');
});

test('any text is read or refused, and what is read survives writing', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '=',
    '==',
    '!=',
    '!',
    ',',
    '(',
    ')',
    ' ',
    'in',
    'notin',
    '<',
    '>',
    '1',
    '/',
    '.',
    '-',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      let requirements;
      try {
        requirements = parseLabelSelector(pieces.join(''));
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'invalid-selector');
        return;
      }
      const again = parseLabelSelector(formatLabelSelector(pieces.join('')));
      const plain = (list: typeof requirements) =>
        list.map(({ key, operator, values }) => [key, operator, values.toSorted()]);
      assert.deepEqual(plain(again), plain(requirements));
    }),
    { numRuns: 2000 },
  );
});
