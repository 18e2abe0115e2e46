import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createAuthority } from './authority.ts';
import { joinBundles, readBundle } from './bundle.ts';
import { PkiError } from './errors.ts';

const now = new Date('2030-06-01T12:00:00Z');
const [first, second] = ['First', 'Second'].map((commonName) => createAuthority({ commonName, validForDays: 1, now }));

suite('a bundle', () => {
  test('is read in order, whatever stands between', () => {
    const text = `# comment\n${first!.certificatePem}${first!.privateKeyPem}\r\n${second!.certificatePem}`;
    assert.deepEqual(
      readBundle(text).map(({ subject }) => subject),
      ['CN=First', 'CN=Second'],
    );
  });

  test('is joined without repetition and without keys', () => {
    const joined = joinBundles(
      first!.certificatePem + first!.privateKeyPem,
      second!.certificatePem,
      first!.certificatePem,
    );
    assert.equal(joined, first!.certificatePem + second!.certificatePem);
  });

  for (const [what, text] of [
    ['empty', ''],
    ['a key alone', first!.privateKeyPem],
    ['damaged', first!.certificatePem.replace('M', '!')],
  ] as const) {
    test(`is refused when ${what}`, () => {
      assert.throws(
        () => readBundle(text),
        (error) => error instanceof PkiError && error.code === 'invalid-bundle',
      );
    });
  }
});
