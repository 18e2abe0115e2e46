import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMask, prune } from './mask.ts';
import { strip } from './strip.ts';
import { readElements, readMembers } from './text.ts';

const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function pruned(object: unknown, ...paths: string[]): unknown {
  const mask = parseMask(paths);
  return JSON.parse(decode(mask === undefined ? encode(object) : prune(encode(object), mask)));
}

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', labels: { x: 'y' } },
  spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', ports: [{ port: 1 }] }, { name: 'd' }] },
  status: { phase: 'Running' },
};
const { apiVersion, kind, metadata } = POD;
const head = { apiVersion, kind, metadata };

test('what a mask keeps', () => {
  const rows: readonly [readonly string[], object][] = [
    [[], POD],
    [['status'], { ...head, status: POD.status }],
    [['metadata.name'], head],
    [['spec.nodeName', 'status.phase'], { ...head, spec: { nodeName: 'n' }, status: POD.status }],
    [['spec.containers.image'], { ...head, spec: { containers: [{ image: 'i' }, {}] } }],
    [['spec.containers.ports.port'], { ...head, spec: { containers: [{ ports: [{ port: 1 }] }, {}] } }],
    [['spec', 'spec.nodeName'], { ...head, spec: { nodeName: 'n' } }],
    [['spec.nodeName.deeper'], { ...head, spec: { nodeName: 'n' } }],
    [['missing', 'spec.missing'], { ...head, spec: {} }],
    [[''], head],
  ];
  for (const [paths, expected] of rows) assert.deepEqual(pruned(POD, ...paths), expected, paths.join());
});

test('masks that keep the same have the same key', () => {
  assert.equal(parseMask(['b', 'a', 'b'])?.key, parseMask(['a', 'b'])?.key);
});

test('masks are bounded', () => {
  assert.throws(() => parseMask(Array.from({ length: 1001 }, (_, index) => `p${index}`)), { code: 'limit' });
  assert.throws(() => parseMask(['a.'.repeat(101)]), { code: 'limit' });
  assert.throws(() => parseMask(['a'.repeat(5000)]), { code: 'limit' });
});

test('what stays of an object in a list; numbers and order are as they were written', () => {
  const object =
    '{"kind":"A","metadata":{"name":"a","managedFields":[{"manager":"m"}],"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","b":"c"},"generation":9007199254740993},"big":18446744073709551615,"f":1.50}';
  assert.equal(
    decode(strip(encode(object))),
    '{"kind":"A","metadata":{"name":"a","annotations":{"b":"c"},"generation":9007199254740993,"managedFields":[]},"big":18446744073709551615,"f":1.50}',
  );
  assert.deepEqual(JSON.parse(decode(strip(encode({ metadata: { name: 'a' } })))), {
    metadata: { name: 'a', managedFields: [], annotations: {} },
  });
});

/** The rule in other words: on values rather than on texts. */
function prunedValue(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (paths.every((path) => path.length === 0)) return value;
  if (Array.isArray(value)) return value.map((each) => prunedValue(each, paths));
  if (typeof value !== 'object' || value === null) return value;
  const longer = paths.filter((path) => path.length > 0);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => longer.some(([first]) => first === name))
      .map(([name, each]) => [
        name,
        prunedValue(
          each,
          longer.filter(([first]) => first === name).map((path) => path.slice(1)),
        ),
      ]),
  );
}

test('masks do on texts what they mean on values', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd"', 'ü', 'e\\f');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(1, null, true, 'text, with {"braces"}', '[', -1.5e300),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));
  const object = fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true });
  const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });
  const always = [['metadata'], ['kind'], ['apiVersion']];
  fc.assert(
    fc.property(object, paths, (object, paths) => {
      const dotted = paths.map((path) => path.join('.'));
      assert.deepEqual(pruned(object, ...dotted), prunedValue(object, [...paths, ...always]));
    }),
    { numRuns: 500 },
  );
});

test('texts that are broken off anywhere end in an error', () => {
  const whole = JSON.stringify({ a: [1, { b: 'c\\"' }], 'd"': null });
  assert.equal(readMembers(encode(whole)).length, 2);
  for (let length = 0; length < whole.length; length += 1) {
    assert.throws(() => readMembers(encode(whole.slice(0, length))), { code: 'invalid' }, whole.slice(0, length));
  }
  for (const text of ['{1:2}', '{"a"}', '{"a":}', '{"a":1 "b":2}', '[]', '{"a\\x":1}']) {
    assert.throws(() => readMembers(encode(text)), { code: 'invalid' }, text);
  }
  for (const text of ['[', '[1', '[1 2]', '[,]', '{}']) {
    assert.throws(() => readElements(encode(text)), { code: 'invalid' }, text);
  }
});
