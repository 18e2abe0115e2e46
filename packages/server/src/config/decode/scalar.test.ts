import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { resolveCore, resolvePlain, resolveTagged } from './scalar.ts';

// Every expectation is what sigs.k8s.io/yaml makes of the same text.
const PLAIN: readonly [unknown, string][] = [
  [true, 'y Y yes Yes YES true True TRUE on On ON'],
  [false, 'n N no No NO false False FALSE off Off OFF'],
  [null, '~ null Null NULL'],
  [0n, '0 -0 +0 00 0x0'],
  [511n, '0777 +0777 0o777 0O777 0x1ff 0X1FF 511 5_1_1 0_777'],
  [-15n, '-15 -017 -0xF -0b1111'],
  [9_223_372_036_854_775_808n, '9223372036854775808 0x8000000000000000'],
  [-9_223_372_036_854_775_808n, '-9223372036854775808 -0x8000000000000000'],
  [8, '08 8. 8.0 0.8e1 80e-1'],
  [0.5, '.5 0.5 +.5 5E-1'],
  [-0.5, '-.5 -0.5'],
  [1000, '1e3 1_0.0E+2'],
  [Infinity, '.inf .Inf .INF +.inf'],
  [-Infinity, '-.inf -.INF'],
  [Number.NaN, '.nan .NaN .NAN'],
];

const TEXT = `yEs tRUE nULL oN .iNF 1:30 1:30:45 2001-01-01 2001-12-14t21:59:43.10-05:00 0b12 0x 0xg _1 . .. - + 1e .e5
  ._5 1,000 1e999 -1e999 .1e400 0x1ffffffffffffffff -0x8000000000000001 +0xffffffffffffffff 1.2.3 0x1.8 = << v1`;

suite('a plain scalar', () => {
  for (const [value, spellings] of PLAIN) {
    test(`is ${String(value)}: ${spellings}`, () => {
      for (const text of spellings.split(' ')) assert.equal(resolvePlain(text), value, text);
    });
  }

  test('is null when there is nothing', () => assert.equal(resolvePlain(''), null));

  test('is text otherwise', () => {
    for (const text of TEXT.split(/\s+/)) assert.equal(resolvePlain(text), text);
  });

  test('keeps all digits of a decimal integer', () => {
    const digits = `1${'0'.repeat(40)}1`;
    assert.equal(resolvePlain(digits), BigInt(digits));
    assert.equal(resolvePlain(`-${digits}`), -BigInt(digits));
  });
});

suite('a tagged scalar', () => {
  for (const [tag, text, value] of [
    ['str', '1', '1'],
    ['str', 'yes', 'yes'],
    ['int', '0x10', 16n],
    ['int', '1.5', undefined],
    ['float', '3', 3],
    ['float', 'x', undefined],
    ['bool', 'off', false],
    ['bool', '1', undefined],
    ['null', '', null],
    ['null', 'x', undefined],
    ['timestamp', '2001-01-01', undefined],
    ['binary', 'aGk=', undefined],
  ] as const) {
    test(`!!${tag} ${text} is ${value === undefined ? 'refused' : String(value)}`, () => {
      assert.equal(resolveTagged(`tag:yaml.org,2002:${tag}`, text), value);
    });
  }
});

// Every expectation is YAML 1.2's core schema, as Rust's serde_yaml reads it.
test('a plain scalar of a policy server is text where YAML 1.1 has words and numbers of its own', () => {
  for (const text of 'yes No on OFF y N 1_000 017 -08 00'.split(' ')) assert.equal(resolveCore(text), text, text);
  const same = 'true False null ~ 0 -1 0x1f 0o17 0b11 1.5 0.5 1e3 .inf 2001-01-01 text';
  for (const text of same.split(' ')) assert.equal(resolveCore(text), resolvePlain(text), text);
});
