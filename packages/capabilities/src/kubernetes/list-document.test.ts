import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMask } from '../json/mask.ts';
import type { StoredItem } from './item.ts';
import { listDocument, PrunedItems } from './list-document.ts';

const PODS = { api_version: 'v1', kind: 'Pod' };

function item(text: string): StoredItem {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, text: new TextEncoder().encode(text) };
}

test('an empty list, and one of two', () => {
  const text = (...items: StoredItem[]): string =>
    new TextDecoder().decode(listDocument(PODS, items, (each) => each.text).slice());
  assert.equal(text(), '{"apiVersion":"v1","kind":"PodList","metadata":{},"items":[]}');
  assert.equal(
    text(item('{"a":1}'), item('{}')),
    '{"apiVersion":"v1","kind":"PodList","metadata":{},"items":[{"a":1},{}]}',
  );
});

test('a list that no guest could take is refused by its size; a mask may save it', () => {
  const large = item(`{"metadata":{"name":"a"},"spec":{"text":"${'x'.repeat(2 * 1024 * 1024)}","small":1}}`);
  const all = Array.from({ length: 33 }, () => large);
  const refused = /^the list of 33 v1\/Pod has more than 67108864 bytes; field_masks make it smaller$/;
  assert.throws(() => listDocument(PODS, all, (each) => each.text), { code: 'limit', message: refused });
  const pruned = new PrunedItems();
  const mask = parseMask(['spec.small']);
  assert.ok(listDocument(PODS, all, (each) => pruned.textOf(each, mask)).length < 3000);
});

test('an object is pruned once per mask, for the masks used last', () => {
  const pruned = new PrunedItems();
  const one = item('{"a":1,"b":2}');
  const masks = ['a', 'b', 'c', 'd', 'e'].map((name) => parseMask([name]));
  const first = pruned.textOf(one, masks[0]);
  assert.equal(pruned.textOf(one, masks[0]), first);
  for (const mask of masks.slice(1)) pruned.textOf(one, mask);
  assert.notEqual(pruned.textOf(one, masks[0]), first);
  assert.equal(pruned.textOf(one, undefined), one.text);
});
