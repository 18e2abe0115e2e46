import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { json } from './json.ts';
import { decodeText } from './testing.ts';

function equalTo(value: unknown, text: string): void {
  const { value: read, problems } = decodeText(json, text);
  assert.deepEqual(problems, []);
  assert.deepEqual(JSON.parse(read!), JSON.parse(JSON.stringify(value)));
}

function yamlOf(value: unknown): string {
  return stringify(value, { version: '1.1', aliasDuplicateObjects: false });
}

suite('settings', () => {
  for (const [text, expected] of [
    ['18446744073709551617', '18446744073709551617'],
    ['{a: 123456789012345678901234567890}', '{"a":123456789012345678901234567890}'],
    ['[1.0, 1e21, -0.5, 0x10, yes]', '[1,1e+21,-0.5,16,true]'],
    ['{z: 1, a: 2, "10": 3, "2": 4}', '{"z":1,"a":2,"10":3,"2":4}'],
    ['{"__proto__": {"a": 1}}', '{"__proto__":{"a":1}}'],
    ['""', '""'],
    ['"null"', '"null"'],
    ['"\\ud800"', '"\ufffd"'],
    ['"<&>\\u2028"', '"<&>\u2028"'],
  ] as const) {
    test(`${text} become ${expected}`, () => assert.equal(decodeText(json, text).value, expected));
  }

  test('that JSON can not express are refused, all at once', () => {
    const { value, problems } = decodeText(json, 'a: .nan\nb: [1, -.inf]\nyes: 1\n2: x\n? [x]\n: 1\nc: 1\nc: 2\n');
    assert.equal(value, undefined);
    assert.deepEqual(problems, [
      '3:1 : expected a string as key, found the boolean true',
      '4:1 : expected a string as key, found the number 2',
      '5:3 : expected a string as key, found a list',
      '8:1 c: expected each key once, found "c" again (first in line 7)',
      '1:4 a: expected a value that JSON can express, found the number NaN',
      '2:8 b[1]: expected a value that JSON can express, found the number -Infinity',
    ]);
  });

  test('with a refused key are no value', () => {
    assert.equal(decodeText(json, '{a: 1, a: 2}').value, undefined);
  });

  test('may have such keys for a lenient reader', () => {
    const { value, problems } = decodeText(json, 'yes: 1\n2: x\n1.5: x\nc: 1\nc: 2\n', true);
    assert.deepEqual(problems, []);
    assert.equal(value, '{"true":1,"2":"x","1.5":"x","c":2}');
  });

  test('that are refused are not repeated in messages, except as numbers', () => {
    const { problems } = decodeText(json, '{secret: &a "hunter2", b: .nan, b: "hunter2"}');
    assert.ok(problems.length > 0);
    assert.ok(!problems.join().includes('hunter2'));
  });

  const values = fc.jsonValue({ maxDepth: 6, noUnicodeString: false });
  const notEmpty = values.filter((value) => value !== null);

  test('survive as JSON', () => {
    fc.assert(
      fc.property(notEmpty, (value) => equalTo(value, JSON.stringify(value))),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(notEmpty, (value) => equalTo(value, JSON.stringify(value, null, '\t'))),
      { numRuns: 100 },
    );
  });

  test('survive as YAML 1.1', () => {
    fc.assert(
      fc.property(notEmpty, (value) => equalTo(value, yamlOf(value))),
      { numRuns: 300 },
    );
  });

  test('keep integers of any size', () => {
    fc.assert(fc.property(fc.bigInt(), (value) => decodeText(json, String(value)).value === String(value)));
  });
});
