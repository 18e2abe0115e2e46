import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PolicyError } from './errors.ts';
import { parseExpression } from './expression.ts';
import { admission, answers, failure, policy } from './fixtures.ts';
import { judgeGroup } from './group.ts';
import type { PolicyResponse } from './response.ts';

const NAMES = ['yes', 'no', 'fails', 'mutates'] as const;
const MEMBERS = new Set<string>(NAMES);

async function decided(expression: string): Promise<{ response: PolicyResponse; asked: string[] }> {
  const asked: string[] = [];
  const noting =
    (name: string, call: ReturnType<typeof answers>): ReturnType<typeof answers> =>
    (operation, input) => {
      asked.push(name);
      return call(operation, input);
    };
  const calls = {
    yes: answers({ accepted: true, warnings: ['from yes'], audit_annotations: { k: 'y' } }),
    no: answers({ accepted: false, message: 'because', audit_annotations: { k: 'n' } }),
    fails: failure('deadline'),
    mutates: answers({ accepted: true, mutated_object: {} }),
  };
  const members = new Map(NAMES.map((name) => [name, policy('wapc', noting(name, calls[name]))]));
  const group = { expression: parseExpression(expression, MEMBERS), message: 'the group says no', members };
  const { response, failures } = await judgeGroup(group, admission());
  assert.deepEqual(
    failures.map(({ member }) => member),
    asked.filter((name) => name === 'fails'),
  );
  return { response, asked };
}

test('an expression that is none, or names no member, is refused when it is read', () => {
  const rows: [expression: string, cause: RegExp][] = [
    ['', /found the end$/],
    ['yes', /expected \(, found the end/],
    ['yes()no()', /expected an operator or the end, found "no"/],
    ['yes() &', /unexpected character at position 6/],
    ['yes() && ', /found the end/],
    ['other()', /unknown member "other"/],
    ['yes(no())', /expected \), found "no"/],
    ['(yes()', /expected \), found the end/],
    ['1', /unexpected character at position 1/],
    ['"a"', /unexpected character/],
    ['yes() ? no() : yes()', /unexpected character/],
    ['true()', /expected an operator or the end, found "\("/],
    ['('.repeat(100), /nested deeper than 64 levels/],
    ['!'.repeat(100), /nested deeper than 64 levels/],
    ['true||'.repeat(10_000), /longer than 20000 characters/],
  ];
  for (const [expression, cause] of rows) {
    assert.throws(
      () => parseExpression(expression, MEMBERS),
      (error) =>
        error instanceof PolicyError &&
        error.message.startsWith('error evaluating policy group expression: ') &&
        cause.test(error.message),
      expression,
    );
  }
  for (const name of ['in', 'true', 'a-b', '1a', '']) {
    assert.throws(() => parseExpression('true', new Set([name])), { code: 'invalid-expression' });
  }
});

test('operators bind and decide as in CEL', async () => {
  const rows: [expression: string, allowed: boolean, asked: string[]][] = [
    ['true', true, []],
    ['false', false, []],
    ['yes()', true, ['yes']],
    ['no()', false, ['no']],
    ['!no()', true, ['no']],
    ['yes() || no()', true, ['yes']],
    ['no() && yes()', false, ['no']],
    ['no() || yes()', true, ['no', 'yes']],
    ['yes() || no() && no()', true, ['yes']],
    ['(yes() || no()) && no()', false, ['yes', 'no']],
    ['yes() == !no()', true, ['yes', 'no']],
    ['yes() != yes()', false, ['yes']],
    ['!(no() || no())', true, ['no']],
    ['true == false || true', true, []],
    ['!yes() == no()', true, ['yes', 'no']],
    ['  yes ( ) \n', true, ['yes']],
  ];
  for (const [expression, allowed, asked] of rows) {
    const result = await decided(expression);
    assert.equal(result.response.allowed, allowed, expression);
    assert.deepEqual(result.asked, asked, expression);
  }
});

test('a member that fails or mutates never lets anything through, not even negated', async () => {
  for (const member of ['fails', 'mutates']) {
    for (const expression of [
      `${member}()`,
      `!${member}()`,
      `!!${member}()`,
      `${member}() == no()`,
      `${member}() != yes()`,
      `!(${member}() && yes())`,
      `!(no() || ${member}())`,
      `no() || ${member}()`,
      `${member}() || no()`,
    ]) {
      assert.equal((await decided(expression)).response.allowed, false, expression);
    }
    assert.equal((await decided(`${member}() || yes()`)).response.allowed, true, 'what another member allows stays');
  }
});

test('a rejection names the members that said no, in the order of the configuration', async () => {
  const { response } = await decided('mutates() && yes() || fails() || no() || !yes()');
  assert.deepEqual(response.status, {
    message: 'the group says no',
    details: {
      causes: [
        { reason: null, message: 'because', field: 'spec.policies.no' },
        {
          reason: null,
          message: 'Policy execution interrupted because it exceeded the allowed execution time',
          field: 'spec.policies.fails',
        },
        { reason: null, message: 'mutation is not allowed inside of policy group', field: 'spec.policies.mutates' },
      ],
    },
  });
  assert.equal((await decided('yes()')).response.status, undefined);
});

test('what members note is kept; one note that two write differently is kept for both', async () => {
  const { response } = await decided('yes() && no()');
  assert.deepEqual(response.warnings, ['from yes']);
  assert.deepEqual(response.auditAnnotations, [
    ['k', 'y'],
    ['no.k', 'n'],
  ]);
  assert.equal((await decided('true')).response.warnings, undefined);
});

/** An expression, and what it comes to. */
type Known = readonly [text: string, value: boolean];

test('an expression decides as it means', async () => {
  const atom = fc.constantFrom<Known>(['yes()', true], ['no()', false], ['true', true], ['false', false]);
  const operators: Readonly<Record<string, (left: boolean, right: boolean) => boolean>> = {
    '&&': (left, right) => left && right,
    '||': (left, right) => left || right,
    '==': (left, right) => left === right,
    '!=': (left, right) => left !== right,
  };
  const { tree } = fc.letrec<{ tree: Known }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      atom,
      tie('tree').map(([text, value]): Known => [`!(${text})`, !value]),
      fc
        .tuple(tie('tree'), fc.constantFrom(...Object.entries(operators)), tie('tree'))
        .map(([[left, leftValue], [operator, apply], [right, rightValue]]): Known => [
          `(${left}) ${operator} (${right})`,
          apply(leftValue, rightValue),
        ]),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(tree, async ([expression, expected]) => {
      fc.pre(expression.length < 2000 && !/\({30}/.test(expression));
      assert.equal((await decided(expression)).response.allowed, expected, expression);
    }),
  );
});
