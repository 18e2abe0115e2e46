import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { loadEcho } from './echo.ts';

const echo = await loadEcho();

const MIB = 1024 * 1024;

interface Getters {
  readonly string: string;
  readonly boolean: boolean;
  readonly integer: number;
  /** Null when it is infinite. */
  readonly float: number | null;
  readonly number: string;
  readonly strings: string[];
  readonly size: number;
}

function getters(document: string): Getters {
  return JSON.parse(echo('getters', document).output) as Getters;
}

suite('typed getters', () => {
  const nothing: Getters = {
    string: '(none)',
    boolean: true,
    integer: -1,
    float: -1,
    number: '',
    strings: [],
    size: 0,
  };
  const table: [document: string, expected: Partial<Getters>][] = [
    ['null', {}],
    ['"x"', { string: 'x' }],
    ['""', { string: '' }],
    ['true', { boolean: true }],
    ['false', { boolean: false }],
    ['0', { integer: 0, float: 0, number: '0' }],
    ['-7', { integer: -7, float: -7, number: '-7' }],
    ['1.5', { float: 1.5, number: '1.5' }],
    ['1e2', { float: 100, number: '1e2' }],
    ['9223372036854775808', { float: 2 ** 63, number: '9223372036854775808' }],
    ['9160668819370821e26', { float: 9160668819370821e26, number: '9160668819370821e26' }],
    [`0.${'0'.repeat(25)}123456789`, { float: 1.23456789e-26, number: `0.${'0'.repeat(25)}123456789` }],
    [`${'9'.repeat(400)}e-400`, { float: 1, number: `${'9'.repeat(400)}e-400` }],
    ['1e999999999999', { float: null, number: '1e999999999999' }],
    ['-9223372036854775809', { float: -(2 ** 63), number: '-9223372036854775809' }],
    ['["a",1,"b",null]', { strings: ['a', 'b'], size: 4 }],
    ['{"a":1,"b":{}}', { size: 2 }],
  ];
  for (const [document, expected] of table) {
    test(`${document} gives ${JSON.stringify(expected)}, else the defaults`, () => {
      assert.deepEqual(getters(document), { ...nothing, ...expected });
    });
  }

  test('give every 64-bit integer exactly', () => {
    const edge = fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 0n, -1n);
    fc.assert(
      fc.property(fc.oneof(edge, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)), (value) => {
        assert.match(echo('getters', String(value)).output, new RegExp(`"integer":${value},`));
      }),
    );
  });

  test('give the nearest float or one beside it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const distance = Math.abs((getters(JSON.stringify(value)).float ?? Infinity) - value);
        assert.ok(distance <= Math.max(Math.abs(value) * 2 ** -51, Number.MIN_VALUE), String(value));
      }),
    );
  });
});

suite('JSON Pointers', () => {
  const value = { a: { 'b/c': [1, { 'd~': true }] }, '': { '0': 'zero' }, n: null, '~1': 2 };
  const finds: [pointer: string, expected: unknown][] = [
    ['', value],
    ['/a/b~1c/1/d~0', true],
    ['/a/b~1c/0', 1],
    ['//0', 'zero'],
    ['/~01', 2],
    ['/n', null],
    ['/a/b~1c/2', '(missing)'],
    ['/a/b~1c/01', '(missing)'],
    ['/a/b~1c/-', '(missing)'],
    ['/a/b~1c/99999999999', '(missing)'],
    ['/x/y/z', '(missing)'],
    ['/n/x', '(missing)'],
  ];
  for (const [pointer, expected] of finds) {
    test(`find ${JSON.stringify(pointer)}`, () => {
      assert.deepEqual(JSON.parse(echo('pointer', JSON.stringify({ value, pointer })).output), expected);
    });
  }

  const puts: [before: unknown, pointer: string, after: unknown][] = [
    [{ a: 1, b: 2 }, '/a', { a: 'new', b: 2 }],
    [{}, '/data/magic-value', { data: { 'magic-value': 'new' } }],
    [{ data: null }, '/data/x', { data: { x: 'new' } }],
    [{ a: [1, 2] }, '/a/1', { a: [1, 'new'] }],
    [{ a: [1] }, '/a/-', { a: [1, 'new'] }],
    [[{ deep: {} }], '/0/deep/x~1y', [{ deep: { 'x/y': 'new' } }]],
  ];
  for (const [before, pointer, after] of puts) {
    test(`put ${pointer} into ${JSON.stringify(before)}`, () => {
      const call = echo('pointer', JSON.stringify({ value: before, pointer, put: 'new' }));
      assert.equal(call.output, JSON.stringify(after), call.stderr);
    });
  }

  const refused: [before: unknown, pointer: string, message: RegExp][] = [
    [{ data: 'text' }, '/data/x', /^cannot set a member: the value is no object \(.*value\.ts:\d+:\d+\)\n$/],
    [{ a: [1] }, '/a/7', /^cannot put: no such element/],
    [{}, '', /^cannot put: the pointer names the value itself/],
    [{}, 'a', /^a JSON Pointer starts with '\/'/],
  ];
  for (const [before, pointer, message] of refused) {
    test(`put ${JSON.stringify(pointer)} into ${JSON.stringify(before)} traps`, () => {
      const call = echo('pointer', JSON.stringify({ value: before, pointer, put: 1 }));
      assert.equal(call.returned, false);
      assert.match(call.stderr, message);
      assert.equal(call.output, '');
    });
  }

  test('a removed key is gone and the others keep their order', () => {
    const call = echo('removal', '{"value":{"a":1,"b":2,"c":3},"key":"b"}');
    assert.equal(call.output, '{"a":1,"c":3}');
  });
});

suite('limits', () => {
  test('a value that contains itself traps', () => {
    assert.match(echo('cycle', '').stderr, /^cannot write: nested too deeply/);
  });

  test('a guest that wants all memory traps', () => {
    assert.equal(echo('exhaust', '').returned, false);
  });

  // What the collector-free runtime costs: linear in the document, and within the host's 128 MiB even when all is opened.
  const documents: [what: string, document: string, most: number][] = [
    ['3 MB in 3,000 strings', JSON.stringify(Array.from({ length: 3000 }, () => 'x'.repeat(1000))), 32 * MIB],
    ['3 MB in one string', JSON.stringify('ä\n'.repeat(750_000)), 16 * MIB],
    [
      '200,000 members',
      JSON.stringify(Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [i, i]))),
      64 * MIB,
    ],
    ['1,000,000 numbers', JSON.stringify(Array.from({ length: 1_000_000 }, () => 1)), 128 * MIB],
  ];
  for (const [what, document, most] of documents) {
    test(`${what} are opened and written within ${most / MIB} MiB`, () => {
      const call = echo('opened', document);
      assert.equal(call.output, document);
      assert.ok(call.memoryBytes <= most, `${call.memoryBytes / MIB} MiB`);
    });
  }
});
