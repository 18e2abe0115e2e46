import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { goEnvironment, isGoNewEnough, requiredGo } from './go.ts';

test('the go line of a module is what it requires', () => {
  assert.equal(requiredGo('module m\n\ngo 1.26.0\n\nrequire x v1.2.3\n'), '1.26.0');
  assert.equal(requiredGo('module m\n'), '0');
});

test('versions compare number by number', () => {
  const table: [string, string, boolean][] = [
    ['go1.26.0', '1.26.0', true],
    ['go1.26.8', '1.26.0', true],
    ['go1.27', '1.26.3', true],
    ['go2.0', '1.26.3', true],
    ['go1.26', '1.26.0', true],
    ['go1.26', '1.26.1', false],
    ['go1.9.7', '1.26.0', false],
    ['go1.25.9', '1.26.0', false],
    ['go1.26.8 X:nocoverageredesign', '1.26.0', true],
    ['devel go1.28-abcdef', '1.26.0', true],
  ];
  for (const [version, required, expected] of table) {
    assert.equal(isGoNewEnough(version, required), expected, `${version} for ${required}`);
  }
});

test('of two different versions exactly one is new enough for the other', () => {
  const version = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30)).map((parts) => parts.join('.'));
  fc.assert(
    fc.property(version, version, (a, b) => {
      assert.equal(isGoNewEnough(`go${a}`, b) && isGoNewEnough(`go${b}`, a), a === b);
      assert.ok(isGoNewEnough(`go${a}`, b) || isGoNewEnough(`go${b}`, a));
    }),
  );
});

test("the caller's build settings don't reach the build", () => {
  const env = goEnvironment({ PATH: '/bin', GOFLAGS: '-mod=vendor', GOWORK: '/w/go.work', CGO_ENABLED: '1' });
  assert.deepEqual(env, { PATH: '/bin', GOFLAGS: '', GOWORK: 'off', CGO_ENABLED: '0' });
});
