import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizerDecision, AuthorizerQuery } from '@ostiary/cel';
import { testConditions } from './access.ts';
import { compileConditions } from './conditions.ts';

const may = (verb: string): string => `authorizer.group("apps").resource("deployments").check("${verb}").allowed()`;
const INPUT = { object: {}, request: {} };

/** An expression, what the authorizer allows, and what comes of it after how many questions. */
const CASES: readonly (readonly [expression: string, allowed: readonly string[], result: string, questions: number])[] =
  [
    [may('get'), ['get'], 'match', 1],
    [may('get'), [], 'mismatch', 1],
    [`${may('get')} && ${may('list')}`, ['get', 'list'], 'match', 2],
    [`${may('get')} || ${may('get')}`, [], 'mismatch', 1],
    ['true', [], 'match', 0],
    [`false && ${may('get')}`, ['get'], 'mismatch', 0],
  ];

for (const [expression, allowed, result, questions] of CASES) {
  test(`${expression} with ${JSON.stringify(allowed)}: ${result}`, async () => {
    const asked: string[] = [];
    const review = async ({ verb }: AuthorizerQuery): Promise<AuthorizerDecision> => {
      asked.push(verb);
      return { allowed: allowed.includes(verb), reason: '' };
    };
    const found = await testConditions(compileConditions([{ name: 'c', expression }]), INPUT, review);
    assert.equal(found.type, result);
    assert.equal(asked.length, questions);
  });
}

test('without anybody to ask there is no answer', async () => {
  const conditions = compileConditions([{ name: 'c', expression: may('get') }]);
  assert.equal((await testConditions(conditions, INPUT, undefined)).type, 'failed');
});
