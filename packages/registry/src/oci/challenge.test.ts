import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseChallenges } from './challenge.ts';

function read(...headers: readonly string[]): readonly (readonly [string, Readonly<Record<string, string>>])[] {
  return parseChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

describe('parseChallenges', () => {
  const cases: readonly (readonly [string, ReturnType<typeof read>])[] = [
    ['Basic realm="x"', [['basic', { realm: 'x' }]]],
    ['basic', [['basic', {}]]],
    [
      'Bearer realm="https://a/token",service="r",scope="repository:a:pull,push"',
      [['bearer', { realm: 'https://a/token', service: 'r', scope: 'repository:a:pull,push' }]],
    ],
    ['BEARER Realm=abc , Service = "d e"', [['bearer', { realm: 'abc', service: 'd e' }]]],
    [
      'Basic realm="a", Bearer realm="b"',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b' }],
      ],
    ],
    [
      'Negotiate, Basic realm="a\\"b"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a"b' }],
      ],
    ],
    ['Bearer realm="open', [['bearer', {}]]],
    ['', []],
    ['"', []],
  ];
  for (const [header, expected] of cases) {
    test(`reads ${header || 'nothing'}`, () => assert.deepEqual(read(header), expected));
  }

  test('reads several headers, and none that is too long', () => {
    assert.equal(read('Basic realm="a"', 'Bearer realm="b"').length, 2);
    assert.deepEqual(read(`Basic realm="${'a'.repeat(9000)}"`), []);
  });

  test('quoted values come back as they were', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const quoted = value.replaceAll(/["\\]/g, String.raw`\$&`);
        if (/[\n\r\u2028\u2029]/.test(value)) return;
        assert.deepEqual(read(`Bearer realm="${quoted}"`), [['bearer', { realm: value }]]);
      }),
    );
  });

  test('any text is read in time', () => {
    const unit = fc.constantFrom('"', '\\', ',', '=', ' ', 'a', 'Bearer ');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 4000 }), (text) => {
        const start = performance.now();
        parseChallenges([text]);
        assert.ok(performance.now() - start < 200);
      }),
    );
  });
});
