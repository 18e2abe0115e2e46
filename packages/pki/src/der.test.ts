import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { element, objectIdentifier, time, unsignedInteger } from './der.ts';
import { readElements } from './der-reader.ts';

const hex = (der: Buffer) => der.toString('hex');

suite('DER', () => {
  for (const [magnitude, expected] of [
    ['', '020100'],
    ['00', '020100'],
    ['000001', '020101'],
    ['7f', '02017f'],
    ['80', '02020080'],
    ['00ff00', '020300ff00'],
  ] as const) {
    test(`the integer ${magnitude || '(empty)'} is minimal and positive`, () => {
      assert.equal(hex(unsignedInteger(Buffer.from(magnitude, 'hex'))), expected);
    });
  }

  for (const [dotted, expected] of [
    ['2.5.29.17', '0603551d11'],
    ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
    ['1.3.6.1.5.5.7.3.1', '06082b06010505070301'],
  ] as const) {
    test(`the object identifier ${dotted}`, () => assert.equal(hex(objectIdentifier(dotted)), expected));
  }

  for (const [date, tag, text] of [
    ['1949-12-31T23:59:59Z', 0x18, '19491231235959Z'],
    ['1950-01-01T00:00:00Z', 0x17, '500101000000Z'],
    ['2049-12-31T23:59:59.999Z', 0x17, '491231235959Z'],
    ['2050-01-01T00:00:00Z', 0x18, '20500101000000Z'],
  ] as const) {
    test(`the time ${date}`, () => {
      const [read] = readElements(time(new Date(date)));
      assert.deepEqual([read?.tag, read?.content.toString()], [tag, text]);
    });
  }

  for (const [length, header] of [
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ] as const) {
    test(`a length of ${length}`, () => {
      assert.equal(hex(element(4, Buffer.alloc(length))).slice(0, header.length), header);
    });
  }

  test('what is written side by side is read back', () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 5 });
    fc.assert(
      fc.property(contents, (list) => {
        const read = readElements(Buffer.concat(list.map((content) => element(4, content))));
        assert.deepEqual(
          read.map(({ content }) => hex(content)),
          list.map((content) => hex(Buffer.from(content))),
        );
      }),
    );
  });

  test('the reader throws nothing but RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          readElements(Buffer.from(bytes));
        } catch (error) {
          assert.ok(error instanceof RangeError);
        }
      }),
    );
  });
});
