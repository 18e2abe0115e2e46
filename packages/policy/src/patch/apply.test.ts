import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyPatch } from './apply.ts';
import type { PatchErrorCode } from './error.ts';
import { parseLossless } from './json.ts';

function patched(document: string, patch: string): string {
  const [before, operations] = [document, patch].map((text) => parseLossless(new TextEncoder().encode(text)));
  return JSON.stringify(applyPatch(before!, operations!));
}

test('a patch is applied as RFC 6902 says', () => {
  const rows: [fact: string, document: string, patch: string, result: string][] = [
    ['A.1 adding a member', '{"foo":"bar"}', '[{"op":"add","path":"/baz","value":"qux"}]', '{"foo":"bar","baz":"qux"}'],
    [
      'A.2 adding an element',
      '{"foo":["bar","baz"]}',
      '[{"op":"add","path":"/foo/1","value":"qux"}]',
      '{"foo":["bar","qux","baz"]}',
    ],
    ['A.3 removing a member', '{"baz":"qux","foo":"bar"}', '[{"op":"remove","path":"/baz"}]', '{"foo":"bar"}'],
    [
      'A.4 removing an element',
      '{"foo":["bar","qux","baz"]}',
      '[{"op":"remove","path":"/foo/1"}]',
      '{"foo":["bar","baz"]}',
    ],
    [
      'A.5 replacing',
      '{"baz":"qux","foo":"bar"}',
      '[{"op":"replace","path":"/baz","value":"boo"}]',
      '{"baz":"boo","foo":"bar"}',
    ],
    [
      'A.6 moving',
      '{"foo":{"waldo":1},"qux":{}}',
      '[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]',
      '{"foo":{},"qux":{"thud":1}}',
    ],
    ['A.7 moving an element', '{"foo":[1,2,3]}', '[{"op":"move","from":"/foo/0","path":"/foo/2"}]', '{"foo":[2,3,1]}'],
    [
      'A.10 adding a nested object',
      '{"foo":"bar"}',
      '[{"op":"add","path":"/child","value":{"a":{}}}]',
      '{"foo":"bar","child":{"a":{}}}',
    ],
    ['A.11 unknown members are ignored', '{}', '[{"op":"add","path":"/a","value":1,"xyz":1}]', '{"a":1}'],
    ['A.14 tilde escapes', '{"/":9,"~1":10}', '[{"op":"test","path":"/~01","value":10}]', '{"/":9,"~1":10}'],
    [
      'A.16 adding at the end',
      '{"foo":["bar"]}',
      '[{"op":"add","path":"/foo/-","value":["abc"]}]',
      '{"foo":["bar",["abc"]]}',
    ],
    ['adding over a member replaces it', '{"a":1}', '[{"op":"add","path":"/a","value":2}]', '{"a":2}'],
    ['adding at the root replaces the document', '{"a":1}', '[{"op":"add","path":"","value":[]}]', '[]'],
    [
      'a copy shares nothing',
      '{"a":[1]}',
      '[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/0","value":0}]',
      '{"a":[1],"b":[0,1]}',
    ],
    ['a move onto itself changes nothing', '{"a":1}', '[{"op":"move","from":"/a","path":"/a"}]', '{"a":1}'],
    [
      'test ignores the order of members',
      '{"a":{"b":1,"c":2}}',
      '[{"op":"test","path":"/a","value":{"c":2,"b":1}}]',
      '{"a":{"b":1,"c":2}}',
    ],
    ['test compares numbers by value', '[100,1.50]', '[{"op":"test","path":"","value":[1e2,1.5]}]', '[100,1.50]'],
    [
      'big integers survive',
      '{"a":9007199254740993}',
      '[{"op":"copy","from":"/a","path":"/b"}]',
      '{"a":9007199254740993,"b":9007199254740993}',
    ],
  ];
  for (const [fact, document, patch, result] of rows) assert.equal(patched(document, patch), result, fact);
});

test('a patch that does not fit its document fails, and says at which operation', () => {
  const rows: [fact: string, document: string, operation: unknown, code: PatchErrorCode][] = [
    ['no array', '{}', undefined, 'invalid-patch'],
    ['an operation that is no object', '{}', 1, 'invalid-patch'],
    ['an unknown op', '{}', { op: 'merge', path: '' }, 'invalid-patch'],
    ['an inherited op', '{}', { op: 'constructor', path: '' }, 'invalid-patch'],
    ['no path', '{}', { op: 'remove' }, 'invalid-patch'],
    ['no value', '{}', { op: 'add', path: '/a' }, 'invalid-patch'],
    ['no from', '{}', { op: 'move', path: '/a' }, 'invalid-patch'],
    ['a path without a slash', '{"a":1}', { op: 'remove', path: 'a' }, 'invalid-pointer'],
    ['a lone tilde', '{"~":1}', { op: 'remove', path: '/~' }, 'invalid-pointer'],
    ['removing what is not there', '{}', { op: 'remove', path: '/a' }, 'missing-path'],
    ['removing the root', '{}', { op: 'remove', path: '' }, 'missing-path'],
    ['replacing what is not there', '{}', { op: 'replace', path: '/a', value: 1 }, 'missing-path'],
    ['replacing what is only inherited', '{}', { op: 'replace', path: '/toString', value: 1 }, 'missing-path'],
    ['adding below nothing', '{}', { op: 'add', path: '/a/b', value: 1 }, 'missing-path'],
    ['adding below a text', '{"a":"b"}', { op: 'add', path: '/a/0', value: 1 }, 'missing-path'],
    ['adding below a raw number', '{"a":1.0}', { op: 'add', path: '/a/rawJSON', value: 1 }, 'missing-path'],
    ['adding beyond the end', '[]', { op: 'add', path: '/1', value: 1 }, 'missing-path'],
    ['a negative index', '[1]', { op: 'remove', path: '/-1' }, 'missing-path'],
    ['an index with a leading zero', '[1,2]', { op: 'remove', path: '/01' }, 'missing-path'],
    ['the end as an element', '[1]', { op: 'remove', path: '/-' }, 'missing-path'],
    ['a name as an index', '[1]', { op: 'add', path: '/length', value: 1 }, 'missing-path'],
    ['a failed test', '{"a":"1"}', { op: 'test', path: '/a', value: 1 }, 'test-failed'],
    ['a test of what is not there', '{}', { op: 'test', path: '/a', value: null }, 'missing-path'],
    ['a move into itself', '{"a":{}}', { op: 'move', from: '/a', path: '/a/b' }, 'invalid-patch'],
  ];
  for (const [fact, document, operation, code] of rows) {
    const patch = JSON.stringify(
      operation === undefined ? {} : [{ op: 'test', path: '', value: JSON.parse(document) as unknown }, operation],
    );
    assert.throws(
      () => patched(document, patch),
      operation === undefined ? { code } : { code, message: /^operation 1: / },
      fact,
    );
  }
});

test('a patch that asks for too much work is stopped', () => {
  const doubling = Array.from({ length: 60 }, () => ({ op: 'copy', from: '', path: '/-' }));
  assert.throws(() => patched('[1]', JSON.stringify(doubling)), { code: 'too-costly' });
  const repeating = Array.from({ length: 1000 }, () => ({ op: 'copy', from: '/0', path: '/-' }));
  assert.throws(() => patched(JSON.stringify(['x'.repeat(100_000)]), JSON.stringify(repeating)), {
    code: 'too-costly',
  });
  const long = JSON.stringify(Array.from({ length: 200_000 }, () => 0));
  const shifting = JSON.stringify(Array.from({ length: 1000 }, () => ({ op: 'add', path: '/0', value: 1 })));
  assert.throws(() => patched(long, shifting), { code: 'too-costly' });
});
