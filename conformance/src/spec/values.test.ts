import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Expectation } from './script.ts';
import { meets, toBytes, toDigits, type Result } from './values.ts';

suite('what a script expects', () => {
  const f32 = (text: string): Result => ({ type: 'f32', text });
  const vector: Expectation = {
    type: 'v128',
    lanes: [
      { type: 'f64', nan: 'arithmetic' },
      { type: 'f64', bits: '3ff0000000000000' },
    ],
  };
  const cases: readonly (readonly [title: string, result: Result, expected: Expectation, met: boolean])[] = [
    ['a canonical NaN', f32('7fc00000'), { type: 'f32', nan: 'canonical' }, true],
    ['a canonical NaN of the other sign', f32('ffc00000'), { type: 'f32', nan: 'canonical' }, true],
    ['a NaN with a payload is not canonical', f32('7fc00001'), { type: 'f32', nan: 'canonical' }, false],
    ['a NaN with a payload is arithmetic', f32('7fc00001'), { type: 'f32', nan: 'arithmetic' }, true],
    ['a signalling NaN is not arithmetic', f32('7fa00000'), { type: 'f32', nan: 'arithmetic' }, false],
    ['an infinity is no NaN', f32('7f800000'), { type: 'f32', nan: 'arithmetic' }, false],
    ['zeros differ by sign', f32('80000000'), { type: 'f32', bits: '00000000' }, false],
    ['the type counts', { type: 'i32', text: '00000000' }, { type: 'f32', bits: '00000000' }, false],
    ['the last lane comes first', { type: 'v128', text: '3ff00000000000007ff8000000000001' }, vector, true],
    ['no lane is left out', { type: 'v128', text: '7ff80000000000013ff0000000000000' }, vector, false],
    ['any external reference', { type: 'externref', text: 'host 3' }, { type: 'ref', kind: 'extern' }, true],
    [
      'one external reference',
      { type: 'externref', text: 'host 3' },
      { type: 'ref', kind: 'extern', number: 4 },
      false,
    ],
    ['null is no function', { type: 'funcref', text: 'null' }, { type: 'ref', kind: 'func' }, false],
    ['one of two', f32('00000001'), { type: 'either', cases: [vector, { type: 'f32', bits: '00000001' }] }, true],
  ];
  for (const [title, result, expected, met] of cases) {
    test(title, () => assert.equal(meets(result, expected), met));
  }
});

test('digits become bytes and digits again', () => {
  assert.deepEqual([...toBytes({ type: 'i32', bits: '01020304' })], [4, 3, 2, 1]);
  assert.equal(toDigits(toBytes({ type: 'f64', bits: '7ff0000000000001' })), '7ff0000000000001');
});
