import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesAny, type RequestAttributes, type Rule } from './rules.ts';

const ALL: Rule = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] };
const POD: RequestAttributes = {
  operation: 'CREATE',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'team-a',
};
const STATUS = { ...POD, subresource: 'status' };
const SCALE = { ...POD, group: 'apps', resource: 'deployments', subresource: 'scale' };
const NODE = { ...POD, resource: 'nodes', namespace: '' };
const NAMESPACE = { ...POD, resource: 'namespaces', namespace: 'team-a' };

test('a rule matches as the API server’s webhook matcher does', () => {
  const rows: [fact: string, rule: Partial<Rule>, request: RequestAttributes, matches: boolean][] = [
    ['wildcards match everything', {}, STATUS, true],
    ['the operation is one of those listed', { operations: ['UPDATE', 'CREATE'] }, POD, true],
    ['another operation', { operations: ['UPDATE'] }, POD, false],
    ['operations are case-sensitive', { operations: ['create'] }, POD, false],
    ['no operations never match', { operations: [] }, POD, false],
    ['no groups never match', { apiGroups: [] }, POD, false],
    ['no versions never match', { apiVersions: [] }, POD, false],
    ['no resources never match', { resources: [] }, POD, false],
    ['the core group is the empty text', { apiGroups: [''] }, POD, true],
    ['another group', { apiGroups: ['apps'] }, POD, false],
    ['the version', { apiVersions: ['v1'] }, POD, true],
    ['another version', { apiVersions: ['v2'] }, POD, false],
    ['a wildcard among others', { apiVersions: ['v2', '*'] }, POD, true],
    ['pods: the main resource', { resources: ['pods'] }, POD, true],
    ['pods: no subresource', { resources: ['pods'] }, STATUS, false],
    ['pods/status: exactly it', { resources: ['pods/status'] }, STATUS, true],
    ['pods/status: not the main resource', { resources: ['pods/status'] }, POD, false],
    ['pods/*: the main resource', { resources: ['pods/*'] }, POD, true],
    ['pods/*: its subresources', { resources: ['pods/*'] }, STATUS, true],
    ['pods/*: no other resource', { resources: ['pods/*'] }, NODE, false],
    ['*: all main resources', { resources: ['*'] }, NODE, true],
    ['*: no subresources', { resources: ['*'] }, STATUS, false],
    ['*/scale: of any resource', { resources: ['*/scale'] }, SCALE, true],
    ['*/scale: no other subresource', { resources: ['*/scale'] }, STATUS, false],
    ['*/*: everything', { resources: ['*/*'] }, SCALE, true],
    ['only the first slash splits', { resources: ['pods/a/b'] }, { ...POD, subresource: 'a/b' }, true],
    ['scope *', { scope: '*' }, NODE, true],
    ['scope Namespaced: in a namespace', { scope: 'Namespaced' }, POD, true],
    ['scope Namespaced: not without one', { scope: 'Namespaced' }, NODE, false],
    ['scope Namespaced: not a Namespace', { scope: 'Namespaced' }, NAMESPACE, false],
    ['scope Cluster: without a namespace', { scope: 'Cluster' }, NODE, true],
    ['scope Cluster: not in a namespace', { scope: 'Cluster' }, POD, false],
    ['scope Cluster: a Namespace', { scope: 'Cluster' }, NAMESPACE, true],
    ['scope Cluster: a Namespace’s subresource', { scope: 'Cluster' }, { ...NAMESPACE, subresource: 'finalize' }, true],
    ['namespaces of another group are ordinary', { scope: 'Namespaced' }, { ...NAMESPACE, group: 'example.com' }, true],
    ['an unknown scope never matches', { scope: 'cluster' }, NODE, false],
  ];
  for (const [fact, rule, request, matches] of rows)
    assert.equal(matchesAny([{ ...ALL, ...rule }], request), matches, fact);
});

test('one matching rule is enough, none is not', () => {
  const other: Rule = { ...ALL, resources: ['secrets'] };
  assert.equal(matchesAny([other, ALL], POD), true);
  assert.equal(matchesAny([other, other], POD), false);
  assert.equal(matchesAny([], POD), false);
  // All parts must hold in the same rule.
  assert.equal(matchesAny([{ ...ALL, operations: ['DELETE'] }, other], POD), false);
});
