import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, textOf } from './bytes.ts';
import { objectOf, setOf, get, has } from './collections.ts';
import { compare, equal } from './compare.ts';
import { formatValue } from './format.ts';
import { integerOf } from './number.ts';
import { ParseError, parseValue } from './parse.ts';
import { number, type Value } from './value.ts';

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Value>(null, true, false),
    fc.string({ unit: 'grapheme' }),
    fc.bigInt().map((integer) => number(integer)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }).map(setOf),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map(objectOf),
  ),
}));

suite('Rego values', () => {
  test('what is written is read again', () => {
    fc.assert(fc.property(value, (each) => assert.ok(equal(parseValue(formatValue(each)), each))));
  });
  test('the order is one', () => {
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        assert.equal(Math.sign(compare(a, b)), -Math.sign(compare(b, a)) + 0);
        if (compare(a, b) <= 0 && compare(b, c) <= 0) assert.ok(compare(a, c) <= 0);
      }),
    );
  });
  test('members and keys are found', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 8 }), (values) => {
        const set = setOf(values);
        const object = objectOf(values.map((each) => [each, each]));
        for (const each of values) {
          assert.ok(has(set, each));
          assert.ok(equal(get(object, each) ?? null, each));
        }
      }),
    );
  });
  test('bytes that are no UTF-8 survive as text', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.deepEqual([...bytesOf(textOf(bytes))], [...bytes]);
        const [back] = parseValue(textOf(bytesOf(`[${formatValue(textOf(bytes))}]`))) as readonly string[];
        assert.deepEqual([...bytesOf(back ?? '')], [...bytes]);
      }),
    );
  });
  test('any text is a value or a ParseError', () => {
    const texts = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from('{}[]":,01-.esetul()')) }));
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parseValue(text);
        } catch (error) {
          assert.ok(error instanceof ParseError);
        }
      }),
    );
  });
  test('depth has a limit', () => assert.throws(() => parseValue('['.repeat(100_000)), ParseError));
  test('integers in any spelling', () => {
    for (const [text, expected] of [
      ['1e3', 1000n],
      ['1.0', 1n],
      ['-10e-1', -1n],
      ['1.5', undefined],
      ['1e999999999', undefined],
    ] as const) {
      assert.equal(integerOf(text), expected, text);
    }
  });
});
