import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostCall } from '@ostiary/sandbox';
import fc from 'fast-check';
import { AnswerCache } from './cache.ts';
import type { Answered } from './contract.ts';
import { keyOf } from './key.ts';
import { bump, createVersions } from './versions.ts';

function lasting(bytes: number): Answered {
  return { answer: { ok: true, payload: new Uint8Array(bytes) }, validity: { kind: 'until', until: Infinity } };
}

test('the cache keeps what was used last, up to a number of entries', () => {
  const cache = new AnswerCache(createVersions(), { entries: 2, bytes: 1000 });
  cache.put('a', lasting(1));
  cache.put('b', lasting(1));
  assert.ok(cache.get('a'));
  cache.put('c', lasting(1));
  assert.deepEqual([cache.get('b'), cache.size], [undefined, { entries: 2, bytes: 4 }]);
});

test('and up to a number of bytes; what is larger alone is not kept', () => {
  const cache = new AnswerCache(createVersions(), { entries: 10, bytes: 100 });
  cache.put('a', lasting(60));
  cache.put('b', lasting(60));
  assert.equal(cache.get('a'), undefined);
  cache.put('c', lasting(200));
  assert.deepEqual(cache.size, { entries: 0, bytes: 0 });
});

test('its books balance whatever is put, replaced and forgotten', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), bytes: fc.nat(60), put: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (all) => {
      const cache = new AnswerCache(createVersions(), { entries: 3, bytes: 100 });
      for (const { key, bytes, put } of all) {
        if (put) cache.put(key, lasting(bytes));
        else cache.get(key);
        assert.ok(cache.size.entries <= 3 && cache.size.bytes <= 100 && cache.size.bytes >= cache.size.entries);
      }
    }),
  );
});

test('two questions have the same key exactly when they are the same', () => {
  const text = fc.string({ maxLength: 3, unit: fc.constantFrom('a', '1', ',', '/') });
  const call = fc.record({
    binding: text,
    namespace: text,
    operation: text,
    payload: text.map((each) => new TextEncoder().encode(each)),
  });
  const plain = ({ binding, namespace, operation, payload }: HostCall): string =>
    JSON.stringify([binding, namespace, operation, [...payload]]);
  fc.assert(
    fc.property(call, call, (a, b) => assert.equal(keyOf(a) === keyOf(b), plain(a) === plain(b))),
    { numRuns: 2000 },
  );
});

test('an answer with a time ends before it when what it was made with has changed', () => {
  const versions = createVersions();
  const cache = new AnswerCache(versions);
  const source = { slot: 7, version: 0 };
  const answered: Answered = { ...lasting(1), validity: { kind: 'until', until: Infinity, source } };
  cache.put('a', answered);
  assert.ok(cache.get('a'));
  bump(versions, source.slot);
  assert.equal(cache.get('a'), undefined);
  cache.put('a', answered);
  assert.equal(cache.size.entries, 0, 'it was on its way while that changed');
});
