import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { defaulted, list, object, optional, required, strictlyRequired } from './collections.ts';
import { described, type Decoder } from './decoder.ts';
import { duration, parseDuration } from './duration.ts';
import { byteQuantity, parseQuantity } from './quantity.ts';
import { boolean, nonEmptyString, oneOf, string, strictlyOneOf } from './scalars.ts';
import { editDistance, suggestion } from './suggest.ts';
import { decodeText } from './testing.ts';

const shelf = object({
  name: required(nonEmptyString),
  colour: defaulted(oneOf('red', 'green', 'blue'), 'red'),
  open: defaulted(boolean, false),
  books: strictlyRequired(list(object({ title: required(described('As printed.', string)) })), []),
  note: optional(string),
});

suite('an object', () => {
  test('gets its defaults', () => {
    const { value } = decodeText(shelf, 'name: a\nbooks:\nopen: null\nnote: ~\n');
    assert.deepEqual(value, { name: 'a', colour: 'red', open: false, books: [], note: undefined });
  });

  test('reports all its problems with their places', () => {
    const text = 'name: ""\ncolour: gren\nopen: 1\nbooks:\n- titel: x\n- title: [y]\n- z\nnotes: a\nname: b\n';
    assert.deepEqual(decodeText(shelf, text).problems, [
      '9:1 name: expected each key once, found "name" again (first in line 1)',
      '8:1 notes: unknown field "notes", did you mean "note"?',
      '2:9 colour: expected one of red, green, blue, found the string "gren", did you mean "green"?',
      '3:7 open: expected true or false, found the number 1',
      '5:3 books[0].titel: unknown field "titel", did you mean "title"?',
      '5:3 books[0].title: expected this field, found none',
      '6:10 books[1].title: expected a string, found a list',
      '7:3 books[2]: expected a mapping, found the string "z"',
    ]);
  });

  test('names its fields where no suggestion is near', () => {
    assert.deepEqual(decodeText(object({ a: optional(string), b: optional(string) }), 'zzz: 1').problems, [
      '1:1 zzz: unknown field "zzz", expected a or b',
    ]);
  });

  test('is strict about case', () => {
    assert.deepEqual(decodeText(shelf, 'Name: a\nname: b\nbooks: []\n').problems, [
      '1:1 Name: unknown field "Name", did you mean "name"?',
    ]);
  });

  test('is read without regard to case, unknown fields and repetition when lenient', () => {
    const { value, problems } = decodeText(shelf, 'NAME: a\nname: b\nOpen: yes\nzzz: {}\n', true);
    assert.deepEqual(problems, []);
    assert.deepEqual(value, { name: 'b', colour: 'red', open: true, books: [], note: undefined });
  });

  test('is not fooled by inherited names', () => {
    const { problems } = decodeText(shelf, 'name: a\nbooks: []\ntoString: x\n__proto__: y\nconstructor: z\n');
    assert.equal(problems.length, 3);
  });

  test('has a schema', () => {
    assert.deepEqual(shelf.schema, {
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1 },
        colour: { type: 'string', enum: ['red', 'green', 'blue'], default: 'red' },
        open: { type: 'boolean', default: false },
        books: {
          type: 'array',
          items: {
            type: 'object',
            properties: { title: { type: 'string', description: 'As printed.' } },
            required: ['title'],
            additionalProperties: false,
          },
        },
        note: { type: 'string' },
      },
      required: ['name', 'books'],
      additionalProperties: false,
    });
  });
});

suite('a word', () => {
  test('of a strict choice is free for a lenient reader', () => {
    const word = strictlyOneOf('CREATE', 'UPDATE');
    assert.deepEqual(decodeText(word, 'create').problems, [
      '1:1 : expected CREATE or UPDATE, found the string "create", did you mean "CREATE"?',
    ]);
    assert.equal(decodeText(word, 'create', true).value, 'create');
  });

  for (const [from, to, distance] of [
    ['', '', 0],
    ['abc', '', 3],
    ['rules', 'rulse', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
    ['a'.repeat(65), 'a', Infinity],
  ] as const) {
    test(`is ${distance} edits away: ${from} ${to}`, () => {
      assert.equal(editDistance(from, to), distance);
      assert.equal(editDistance(to, from), distance);
    });
  }

  for (const [word, expected] of [
    ['modul', ', did you mean "module"?'],
    ['MODULE', ', did you mean "module"?'],
    ['moduels', ', did you mean "modules"?'],
    ['wasm', ''],
  ] as const) {
    test(`suggests${expected || ' nothing'} for ${word}`, () => {
      assert.equal(suggestion(word, ['modules', 'module', 'mutating']), expected);
    });
  }
});

suite('a duration', () => {
  for (const [text, expected] of [
    ['0', 0],
    ['500ms', 500],
    ['1.5s', 1500],
    ['.5s', 500],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['1s500ms', 1500],
    ['+1s', 1000],
    ['-1s', undefined],
    ['', undefined],
    ['5', undefined],
    ['s', undefined],
    ['1 s', undefined],
    ['1d', undefined],
    ['1s2', undefined],
    ['.s', undefined],
  ] as const) {
    test(`${JSON.stringify(text)} has ${expected ?? 'no'} milliseconds`, () => {
      assert.equal(parseDuration(text), expected);
    });
  }

  test('is a positive one', () => {
    assert.equal(decodeText(duration, '2s').value, 2000);
    assert.deepEqual(decodeText(duration, '0s').problems, [
      '1:1 : expected a duration such as 500ms or 2s, found the string "0s"',
    ]);
    assert.deepEqual(decodeText(duration, '2').problems, [
      '1:1 : expected a duration such as 500ms or 2s, found the number 2',
    ]);
  });
});

suite('a quantity', () => {
  for (const [text, expected] of [
    ['0', 0n],
    ['64Mi', 67_108_864n],
    ['1.5Gi', 1_610_612_736n],
    ['0.1Gi', 107_374_183n],
    ['128M', 128_000_000n],
    ['1k', 1000n],
    ['2e3', 2000n],
    ['2E3', 2000n],
    ['1E', 1_000_000_000_000_000_000n],
    ['1500m', 2n],
    ['1n', 1n],
    ['.5Ki', 512n],
    ['5.', 5n],
    ['+1', 1n],
    ['-1', undefined],
    ['', undefined],
    ['.', undefined],
    ['Mi', undefined],
    ['64MB', undefined],
    ['64mi', undefined],
    ['1K', undefined],
    ['1e3Mi', undefined],
    ['1e999999999', undefined],
  ] as const) {
    test(`${JSON.stringify(text)} is ${expected ?? 'none'}`, () => assert.equal(parseQuantity(text), expected));
  }

  test('of bytes stays in its bounds and may be a bare number', () => {
    const memory: Decoder<number> = byteQuantity('64Ki', '4Gi');
    assert.equal(decodeText(memory, '64Mi').value, 64 * 1024 * 1024);
    assert.equal(decodeText(memory, '65536').value, 65_536);
    for (const text of ['65535', '5Gi', '1.5', '64MB', 'yes', '[]']) {
      const [problem = ''] = decodeText(memory, text).problems;
      assert.match(problem, /^1:1 : expected a quantity from 64Ki to 4Gi, such as 64Mi, found /);
    }
  });
});
