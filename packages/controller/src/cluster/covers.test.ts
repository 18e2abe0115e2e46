import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers } from './covers.ts';

const TABLE: readonly (readonly [string, unknown, unknown, boolean])[] = [
  ['defaults beside', { a: 1, b: 2 }, { a: 1 }, true],
  ['another value', { a: 2 }, { a: 1 }, false],
  ['a missing member', {}, { a: 1 }, false],
  ['what is empty may be missing', {}, { a: '', b: [], c: {}, d: false }, true],
  ['false is not true', { a: true }, { a: false }, false],
  ['an empty object may have been filled', { affinity: { x: 1 } }, { affinity: {} }, true],
  ['an empty list may not', { a: [1] }, { a: [] }, false],
  ['named items in another order', [{ name: 'b' }, { name: 'a', x: 1 }], [{ name: 'a', x: 1 }, { name: 'b' }], true],
  ['a named item of somebody else', [{ name: 'a' }, { name: 'sidecar' }], [{ name: 'a' }], true],
  ['a named item that differs', [{ name: 'a', v: '1' }], [{ name: 'a', v: '2' }], false],
  [
    'two mounts of one volume',
    [
      { name: 'v', mountPath: '/1' },
      { name: 'v', mountPath: '/2' },
    ],
    [{ name: 'v', mountPath: '/2' }],
    true,
  ],
  ['a plain list is whole', ['a', 'b'], ['a'], false],
  ['a selector is whole', { selector: { a: '1', b: '2' } }, { selector: { a: '1' } }, false],
  ['labels are not', { labels: { a: '1', b: '2' } }, { labels: { a: '1' } }, true],
  ['a quantity that was rewritten differs', { cpu: '1' }, { cpu: '1000m' }, false],
];

for (const [name, live, desired, expected] of TABLE) {
  test(`covers: ${name}`, () => assert.equal(covers(live, desired), expected));
}
