import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SyntaxProblem } from '../error.ts';
import { Uint } from '../value.ts';
import type { Expression } from './ast.ts';
import { parse } from './parser.ts';
import { print } from './print.ts';

/** A tree without its positions, and with values that compare. */
function shape(expression: Expression): unknown {
  return JSON.parse(
    JSON.stringify(expression, (key, value: unknown) => {
      if (key === 'at') return undefined;
      if (typeof value === 'bigint') return `int ${value}`;
      if (value instanceof Uint) return `uint ${value.value}`;
      return typeof value === 'number' ? `double ${Object.is(value, -0) ? '-0' : value}` : value;
    }),
  );
}

const NAME = fc.constantFrom('a', 'b', 'object', 'request', 'x1', '_y');
const FIELD = fc.constantFrom('name', 'if', 'spec', 'a-b', 'app.kubernetes.io/name');
const LITERAL: fc.Arbitrary<Expression> = fc
  .oneof(
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((value) => new Uint(value)),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => new Uint8Array(bytes)),
  )
  .map((value) => ({ kind: 'literal', value, at: 0 }));

const EXPRESSION = fc.letrec<{ any: Expression }>((tie) => {
  const any = tie('any');
  const at = fc.constant(0);
  return {
    any: fc.oneof(
      { maxDepth: 5, depthSize: 'medium' },
      LITERAL,
      fc.record({ kind: fc.constant('identifier' as const), name: NAME, at }),
      fc.record({ kind: fc.constant('select' as const), operand: any, field: FIELD, optional: fc.boolean(), at }),
      fc.record({ kind: fc.constant('has' as const), operand: any, field: FIELD, at }),
      fc.record({ kind: fc.constant('index' as const), operand: any, index: any, optional: fc.boolean(), at }),
      fc.record({
        kind: fc.constant('call' as const),
        name: fc.constantFrom('_+_', '_-_', '_*_', '_==_', '_<_', '@in'),
        target: fc.constant(undefined),
        args: fc.tuple(any, any),
        at,
      }),
      fc.record({
        kind: fc.constant('call' as const),
        name: fc.constantFrom('!_', '-_'),
        target: fc.constant(undefined),
        args: fc.tuple(any),
        at,
      }),
      fc.record({
        kind: fc.constant('call' as const),
        name: fc.constantFrom('f', 'size'),
        target: any,
        args: fc.array(any, { maxLength: 2 }),
        at,
      }),
      fc.record({
        kind: fc.constant('logic' as const),
        operator: fc.constantFrom('&&', '||'),
        operands: fc.array(any, { minLength: 2, maxLength: 3 }),
        at,
      }),
      fc.record({ kind: fc.constant('conditional' as const), condition: any, whenTrue: any, whenFalse: any, at }),
      fc.record({
        kind: fc.constant('list' as const),
        elements: fc.array(fc.record({ value: any, optional: fc.boolean() }), { maxLength: 3 }),
        at,
      }),
      fc.record({
        kind: fc.constant('map' as const),
        entries: fc.array(fc.record({ key: any, value: any, optional: fc.boolean() }), { maxLength: 3 }),
        at,
      }),
      fc.record({ kind: fc.constant('bind' as const), name: NAME, value: any, body: any, at }),
      fc.record({
        kind: fc.constant('comprehension' as const),
        macro: fc.constantFrom('all', 'exists', 'exists_one', 'map', 'filter'),
        range: any,
        variables: fc.tuple(NAME),
        where: fc.constant(undefined),
        body: any,
        at,
      }),
    ),
  };
}).any;

test('parsing what was printed gives the same tree', () => {
  fc.assert(
    fc.property(EXPRESSION, (expression) => {
      assert.deepEqual(shape(parse(print(expression))), shape(expression), print(expression));
    }),
    { numRuns: 500 },
  );
});

test('any text is parsed or refused with a position inside it', () => {
  const words = fc.array(
    fc.constantFrom(
      'a',
      '.',
      '?',
      '[',
      ']',
      '(',
      ')',
      '{',
      '}',
      '"',
      "'''",
      '\\',
      '1',
      '1u',
      '0x',
      'in',
      '&&',
      '!',
      '-',
      ',',
      ':',
      'has',
      'all',
      ' ',
    ),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        words.map((list) => list.join('')),
      ),
      (source) => {
        try {
          parse(source);
        } catch (error) {
          assert.ok(error instanceof SyntaxProblem, String(error));
          assert.ok(error.offset >= 0 && error.offset <= source.length);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

const HOSTILE: Readonly<Record<string, string>> = {
  parentheses: '('.repeat(10_000) + '1' + ')'.repeat(10_000),
  lists: '['.repeat(10_000),
  maps: '{1:'.repeat(10_000),
  nots: `${'!'.repeat(10_000)}true`,
  minuses: '-'.repeat(10_000),
  sums: Array.from({ length: 10_000 }, () => '1').join('+'),
  selections: `a${'.b'.repeat(10_000)}`,
  conditionals: 'a?b:'.repeat(10_000),
  calls: 'f('.repeat(10_000),
  'a long text': `"${'a'.repeat(1_000_000)}"`,
  'an open quote': `'''${'\\n'.repeat(10_000)}`,
  'a huge number': '9'.repeat(90_000),
};

for (const [name, source] of Object.entries(HOSTILE)) {
  test(`hostile text is refused at once: ${name}`, () => {
    const started = performance.now();
    assert.throws(() => parse(source), SyntaxProblem);
    assert.ok(performance.now() - started < 1_000);
  });
}

test('long runs of && are flat', () => {
  const run = parse(Array.from({ length: 5_000 }, () => 'a').join(' && '));
  assert.equal(run.kind === 'logic' && run.operands.length, 5_000);
});
