import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Rule } from '@ostiary/policy';
import { unionOfRules } from './rules-union.ts';

const BASE: Rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], scope: '*' };
const rule = (change: Partial<Rule> = {}): Rule => ({ ...BASE, ...change });
const withoutScope: Rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };

/** Whether a rule matches a request, straight from the contract (fork, section 8). */
function matches({ operations, apiGroups, apiVersions, resources, scope = '*' }: Rule, request: Request): boolean {
  return (
    has(operations, request.operation) &&
    has(apiGroups, request.group) &&
    has(apiVersions, request.version) &&
    resources.some((entry) => matchesResource(entry, request)) &&
    (scope === '*' || scope === (request.namespaced ? 'Namespaced' : 'Cluster'))
  );
}

function has(list: readonly string[], value: string): boolean {
  return list.includes(value) || list.includes('*');
}

function matchesResource(entry: string, { resource, subresource }: Request): boolean {
  const [wanted, wantedSubresource = ''] = entry.split('/');
  const main = wanted === '*' || wanted === resource;
  return main && (wantedSubresource === '*' || wantedSubresource === subresource);
}

interface Request {
  readonly operation: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespaced: boolean;
}

function some(...values: string[]): fc.Arbitrary<string[]> {
  return fc.subarray(values);
}

suite('the union of rules', () => {
  const cases: readonly [string, readonly Rule[], readonly Rule[]][] = [
    ['nothing of nothing', [], []],
    ['one of two equal rules', [rule(), rule()], [rule()]],
    ['one of two that differ in the default scope', [withoutScope, rule()], [rule()]],
    ['both of two that differ', [rule(), rule({ apiGroups: ['apps'] })], [rule(), rule({ apiGroups: ['apps'] })]],
    ['no rule that a later one covers', [rule(), rule({ resources: ['*'] })], [rule({ resources: ['*'] })]],
    ['no rule that an earlier one covers', [rule({ operations: ['*'] }), rule()], [rule({ operations: ['*'] })]],
    [
      'subresources beside main resources',
      [rule({ resources: ['*'] }), rule({ resources: ['pods/log'] })],
      [rule({ resources: ['*'] }), rule({ resources: ['pods/log'] })],
    ],
    [
      'scopes apart',
      [rule({ scope: 'Cluster' }), rule({ scope: 'Namespaced' })],
      [rule({ scope: 'Cluster' }), rule({ scope: 'Namespaced' })],
    ],
    [
      'no rule that never matches',
      [
        rule({ operations: ['create'] }),
        rule({ resources: [] }),
        rule({ apiVersions: [''] }),
        rule({ scope: 'namespaced' }),
      ],
      [],
    ],
    [
      'wildcards alone',
      [rule({ operations: ['*', 'CREATE', 'create'], apiGroups: ['apps', '*'], resources: ['*', 'pods', 'pods/log'] })],
      [rule({ operations: ['*'], apiGroups: ['*'], resources: ['*', 'pods/log'] })],
    ],
    ['the known operations of a rule with others', [rule({ operations: ['CREATE', 'PATCH'] })], [rule()]],
  ];
  for (const [what, rules, expected] of cases) {
    test(`has ${what}`, () => assert.deepEqual(unionOfRules(rules), expected));
  }

  const rules = fc.array(
    fc.record({
      operations: some('CREATE', 'UPDATE', '*'),
      apiGroups: some('', 'apps', '*'),
      apiVersions: some('v1', 'v2', '*'),
      resources: some('pods', 'pods/log', 'pods/*', '*/log', '*', '*/*', 'nodes'),
      scope: fc.constantFrom('*', 'Cluster', 'Namespaced'),
    }),
    { maxLength: 6 },
  );
  const requests = fc.record({
    operation: fc.constantFrom('CREATE', 'UPDATE', 'DELETE'),
    group: fc.constantFrom('', 'apps', 'batch'),
    version: fc.constantFrom('v1', 'v2', 'v3'),
    resource: fc.constantFrom('pods', 'nodes', 'jobs'),
    subresource: fc.constantFrom('', 'log', 'scale'),
    namespaced: fc.boolean(),
  });

  test('matches exactly what the rules match, and every rule of it counts', () => {
    fc.assert(
      fc.property(rules, requests, (list, request) => {
        const union = unionOfRules(list);
        assert.equal(
          union.some((entry) => matches(entry, request)),
          list.some((entry) => matches(entry, request)),
        );
        assert.ok(union.length <= list.length);
        assert.deepEqual(unionOfRules(union), union);
      }),
      { numRuns: 3000 },
    );
  });
});
