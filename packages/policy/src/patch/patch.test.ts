import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { immutableJSONPatch, type JSONPatchDocument } from 'immutable-json-patch';
import { MAX_DEPTH } from '../json/value.ts';
import { applyPatch } from './apply.ts';
import { diff, DIFF_LIMITS } from './diff.ts';
import { jsonEqual } from './equal.ts';
import { isObject, type JsonObject, type JsonValue, parseLossless, setMember } from './json.ts';

const encoder = new TextEncoder();

function parse(text: string): ReturnType<typeof parseLossless> {
  return parseLossless(encoder.encode(text));
}

function patched(document: string, patch: string): string {
  return JSON.stringify(applyPatch(parse(document), parse(patch)));
}

const HOSTILE_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  '0',
  '-',
  '~',
  '/',
  '~1',
  'a/b~c',
  'rawJSON',
  'é',
  '\u0000',
];
const NUMBERS = [
  '0',
  '-0',
  '1',
  '1.0',
  '1e2',
  '100',
  '9007199254740993',
  '-9223372036854775808',
  '18446744073709551615',
  '1e400',
  '0.1',
  '1E-7',
  '123456789012345678901234567890',
];

/** JSON texts with few keys, so that two of them overlap, and with the keys and numbers that go wrong elsewhere. */
const { document } = fc.letrec<{ document: string }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('null', 'true', 'false', ...NUMBERS),
    fc.constantFrom('"a"', '""', '"1.0"', '":-0"', '"[1e5"', '"ü"'),
    fc.array(tie('document'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom(...HOSTILE_KEYS, 'a', 'b'), tie('document')), {
        selector: ([key]) => key,
        maxLength: 5,
      })
      .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
  ),
}));

/** Members in sorted order, so that texts of equal values are equal, numbers by their spelling. */
function canonical(text: string): string {
  const sorted = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(sorted);
    if (!isObject(value)) return value;
    const copy: JsonObject = {};
    for (const key of Object.keys(value).sort()) setMember(copy, key, sorted(value[key]!));
    return copy;
  };
  return JSON.stringify(sorted(parse(text)));
}

test('applying the difference of two documents to the first gives the second, big integers and hostile keys included', () => {
  fc.assert(
    fc.property(
      document,
      document,
      fc.constantFrom(DIFF_LIMITS, { pathChars: 4, arrayCopies: 1 }),
      (before, after, limits) => {
        const changes = JSON.stringify(diff(parse(before), parse(after), limits));
        assert.equal(canonical(patched(before, changes)), canonical(after), changes);
      },
    ),
    { numRuns: 5000 },
  );
});

test('a document does not differ from itself, in any order of its members', () => {
  fc.assert(
    fc.property(document, (text) => diff(parse(text), parse(canonical(text))).length === 0),
    { numRuns: 1000 },
  );
});

test('hostile keys pollute no prototype', () => {
  patched(
    '{}',
    '[{"op":"add","path":"/__proto__","value":{"polluted":1}},{"op":"add","path":"/__proto__/more","value":1}]',
  );
  for (const path of ['/__proto__/polluted', '/constructor/prototype/polluted']) {
    assert.throws(() => patched('{}', JSON.stringify([{ op: 'add', path, value: 1 }])), { code: 'missing-path' });
  }
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('numbers keep their spelling', () => {
  for (const number of NUMBERS) {
    for (const text of [number, `[${number}]`, `{"a": ${number}}`, `[0,\n${number}]`]) {
      assert.equal(JSON.stringify(parse(text)), text.replaceAll(/\s/g, ''), text);
    }
  }
});

test('a diff has the operations and the order of a policy server', () => {
  const rows: [fact: string, before: string, after: string, changes: object[]][] = [
    [
      'sorted members, then removals',
      '{"z":1,"y":1,"c":1}',
      '{"c":2,"b":1,"a":1}',
      [
        { op: 'add', path: '/a', value: 1 },
        { op: 'add', path: '/b', value: 1 },
        { op: 'replace', path: '/c', value: 2 },
        { op: 'remove', path: '/y' },
        { op: 'remove', path: '/z' },
      ],
    ],
    [
      'more elements are added behind',
      '[1]',
      '[1,2,3]',
      [
        { op: 'add', path: '/1', value: 2 },
        { op: 'add', path: '/2', value: 3 },
      ],
    ],
    [
      'fewer elements are removed at one index',
      '[1,2,3]',
      '[0]',
      [
        { op: 'replace', path: '/0', value: 0 },
        { op: 'remove', path: '/1' },
        { op: 'remove', path: '/1' },
      ],
    ],
    ['a changed type is replaced', '{"a":[]}', '{"a":{}}', [{ op: 'replace', path: '/a', value: {} }]],
    [
      'null is a value',
      '{"a":null}',
      '{"b":null}',
      [
        { op: 'add', path: '/b', value: null },
        { op: 'remove', path: '/a' },
      ],
    ],
    ['another root is replaced', '[]', '{}', [{ op: 'replace', path: '', value: {} }]],
    ['pointers are escaped', '{}', '{"a/b~c":1}', [{ op: 'add', path: '/a~1b~0c', value: 1 }]],
    ['equal documents need nothing', '{"a":[1,{"b":1e3}]}', '{"a":[1,{"b":1e3}]}', []],
  ];
  for (const [fact, before, after, changes] of rows) assert.deepEqual(diff(parse(before), parse(after)), changes, fact);
  assert.equal(
    JSON.stringify(diff(parse('[9007199254740993]'), parse('[9007199254740992]'))),
    '[{"op":"replace","path":"/0","value":9007199254740992}]',
  );
});

const numbers = (length: number, from: number): string =>
  JSON.stringify(Array.from({ length }, (_, index) => index + from));

/** Elements that whoever applies the changes copies, when each insertion or removal copies the array at `/a`. */
function weightOfShifts(before: string, changes: string): number {
  const { a } = JSON.parse(before) as { a?: unknown[] };
  return changes.split(/"op":"(?:add|remove)","path":"\/a\//).slice(1).length * (a?.length ?? 0);
}

test('a diff stays small and quick where paths or arrays would multiply', () => {
  const long = 'k'.repeat(100_000);
  const rows: [fact: string, before: string, after: string, most: number][] = [
    [
      'a long key above many changes',
      `{"${long}":${numbers(10_000, 0)}}`,
      `{"${long}":${numbers(10_000, 1)}}`,
      400_000,
    ],
    ['many elements that change', `{"a":${numbers(300_000, 0)}}`, `{"a":${numbers(300_000, 1)}}`, 2_500_000],
    ['many elements that go', `{"a":${numbers(300_000, 0)}}`, '{"a":[0]}', 100],
    [
      'some elements of a long array that go',
      `{"a":${numbers(300_000, 0)}}`,
      `{"a":${numbers(298_000, 0)}}`,
      2_500_000,
    ],
    ['a head that goes', `{"a":${numbers(300_000, 0)}}`, `{"a":${numbers(299_999, 1)}}`, 2_500_000],
  ];
  for (const [fact, before, after, most] of rows) {
    const start = performance.now();
    const text = JSON.stringify(diff(parse(before), parse(after)));
    assert.ok(text.length < most, `${fact}: ${text.length}`);
    assert.ok(performance.now() - start < 3000, fact);
    assert.ok(weightOfShifts(before, text) <= 2 * DIFF_LIMITS.arrayCopies, fact);
    assert.equal(patched(before, text), after, fact);
  }
});

const nested = (inside: string): string => '{"a":'.repeat(MAX_DEPTH) + inside + '}'.repeat(MAX_DEPTH);

test('documents at the nesting bound are compared, patched and written', () => {
  const changes = JSON.stringify(diff(parse(nested('1.0')), parse(nested('2.0'))));
  assert.equal(patched(nested('1.0'), changes), nested('2.0'));
  const copy = JSON.stringify([
    { op: 'copy', from: '', path: '/b' },
    { op: 'test', path: '/b', value: JSON.parse(nested('1')) as unknown },
  ]);
  assert.throws(() => patched(nested('1'), copy), 'the value of the test operation is two levels too deep');
});

test('numbers are equal by value, however far apart their spellings', () => {
  const rows: [left: string, right: string, equal: boolean][] = [
    ['1', '1.0', true],
    ['100', '1e2', true],
    ['0.01', '1e-2', true],
    ['-0', '0', true],
    ['0e5', '0.00', true],
    ['-1', '1', false],
    ['9007199254740993', '9007199254740992', false],
    ['1e999999999999', '1e999999999998', false],
    ['1', '"1"', false],
  ];
  for (const [left, right, equal] of rows)
    assert.equal(jsonEqual(parse(left), parse(right)), equal, `${left} ${right}`);
});

test('on patches that fit, immutable-json-patch gives the same, but for the keys it loses', () => {
  const tame = fc.jsonValue({ maxDepth: 3 }).filter((value) => !/__proto__|constructor|-/.test(JSON.stringify(value)));
  fc.assert(
    fc.property(tame, tame, (left, right) => {
      const before = JSON.stringify(left);
      const after = JSON.stringify(right);
      const changes = JSON.stringify(diff(parse(before), parse(after)));
      const theirs = immutableJSONPatch(JSON.parse(before), JSON.parse(changes) as JSONPatchDocument);
      assert.equal(canonical(JSON.stringify(theirs)), canonical(patched(before, changes)));
    }),
    { numRuns: 1000 },
  );
});
