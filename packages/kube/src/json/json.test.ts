import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLineSplitter } from './lines.ts';
import { elementsOf, membersOf, parseSlice } from './slices.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test('an object falls into its members and a list into its elements, however it is written', () => {
  const indent = fc.constantFrom(undefined, 1, '\t');
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()), indent, (object, list, space) => {
      const bytes = encode(JSON.stringify({ ...object, list }, null, space));
      const members = membersOf(bytes);
      const read = Object.fromEntries([...members].map(([name, slice]) => [name, parseSlice(bytes, slice)]));
      assert.deepEqual(JSON.stringify(read), JSON.stringify(JSON.parse(new TextDecoder().decode(bytes))));
      const slice = members.get('list');
      assert.ok(slice !== undefined);
      const elements = elementsOf(bytes, slice).map((element) => parseSlice(bytes, element));
      assert.equal(JSON.stringify(elements), JSON.stringify(list));
    }),
  );
});

test('what is no object is refused and never read past its end', () => {
  for (const text of [
    '',
    'null',
    '[]',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":"',
    '{"a":"\\',
    '{a:1}',
    '{"a":{}',
    '{"a" 1}',
    '{} {}',
    '{"a":1}x',
    '{"a":,}',
    '"',
  ]) {
    assert.throws(() => membersOf(encode(text)), { code: 'not-json' }, text);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        membersOf(bytes);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'not-json');
      }
    }),
  );
});

test('lines come out whole wherever the chunks are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat(20)), (texts, cuts) => {
      const lines = texts.map((text) => text.replaceAll('\n', '')).filter((text) => text !== '');
      const bytes = encode(lines.map((line) => `${line}\n`).join('\n'));
      const splitter = createLineSplitter(10_000);
      const found: string[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        for (const line of splitter.push(bytes.subarray(at, at + cut))) found.push(new TextDecoder().decode(line));
        at += cut;
      }
      assert.deepEqual(found, lines);
    }),
  );
});

test('a line without an end is refused as soon as it is too long', () => {
  const splitter = createLineSplitter(10);
  assert.deepEqual(splitter.push(encode('12345')), []);
  assert.throws(() => splitter.push(encode('678901')), { code: 'too-large' });
});
