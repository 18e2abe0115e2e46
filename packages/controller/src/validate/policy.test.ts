import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PolicyKind } from '../api/names.ts';
import { POLICY_KINDS } from '../api/names.ts';
import { formatProblem } from './problem.ts';
import { policyStatusOf, validatePolicy, type PolicyContext } from './policy.ts';

const CLUSTER_SCOPED = new Set(['nodes', 'namespaces']);
const CONTEXT: PolicyContext = {
  isNamespaced: (group, resource) => (group === '' || group === 'apps' ? !CLUSTER_SCOPED.has(resource) : undefined),
};

const RULE = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };

function policy(spec: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    metadata: { name: 'p', ...metadata },
    spec: {
      policyServer: 'default',
      mode: 'protect',
      module: 'r.example/p:v1',
      mutating: false,
      timeoutSeconds: 10,
      rules: [RULE],
      ...spec,
    },
  };
}

function group(spec: Record<string, unknown> = {}): Record<string, unknown> {
  const own = {
    module: undefined,
    policies: { a: { module: 'm' }, b: { module: 'm' } },
    expression: 'a() && !b()',
    message: 'no',
  };
  return policy({ ...own, ...spec });
}

const rules = (change: Record<string, unknown>) => ({ rules: [RULE, { ...RULE, ...change }] });
const conditions = (...matchConditions: unknown[]) => ({ matchConditions });
const expressions = (...matchExpressions: unknown[]) => ({ objectSelector: { matchExpressions } });

/** Kind, spec and what is wrong with it; kinds are written by their short names. */
const CASES: readonly (readonly ['cap' | 'ap' | 'capg' | 'apg', Record<string, unknown>, readonly string[]])[] = [
  ['cap', {}, []],
  ['ap', {}, []],
  ['capg', {}, []],
  ['apg', {}, []],
  ['cap', { rules: [] }, ['spec.rules: Required']],
  ['cap', { rules: undefined }, ['spec.rules: Required']],
  ['cap', { rules: ['x'] }, ['spec.rules[0]: Invalid']],
  ['cap', rules({ operations: [] }), ['spec.rules[1].operations: Required']],
  ['cap', rules({ apiGroups: [] }), ['spec.rules[1].apiGroups: Required']],
  [
    'cap',
    rules({ apiVersions: [], resources: [] }),
    ['spec.rules[1].apiVersions: Required', 'spec.rules[1].resources: Required'],
  ],
  ['cap', rules({ operations: ['CREATE', ''] }), ['spec.rules[1].operations[1]: Required']],
  ['cap', rules({ apiVersions: ['', 'v1'] }), ['spec.rules[1].apiVersions[0]: Required']],
  ['cap', rules({ resources: ['pods', ''] }), ['spec.rules[1].resources[1]: Required']],
  ['cap', rules({ operations: ['create'] }), ['spec.rules[1].operations[0]: Unsupported']],
  ['cap', rules({ operations: ['*', 'CREATE'] }), ['spec.rules[1].operations: Invalid']],
  ['cap', rules({ scope: 'Global' }), ['spec.rules[1].scope: Unsupported']],
  ['cap', rules({ scope: 'Cluster', resources: ['nodes'] }), []],
  ['cap', rules({ apiGroups: ['*'], resources: ['*'] }), []],
  // Q5: what decides is the group, and not the version.
  [
    'ap',
    rules({ apiGroups: ['*'], resources: ['*/*'] }),
    ['spec.rules[1].apiGroups[0]: Forbidden', 'spec.rules[1].resources[0]: Forbidden'],
  ],
  [
    'ap',
    rules({ apiGroups: ['apps', '*'], resources: ['pods', '*'] }),
    ['spec.rules[1].apiGroups[1]: Forbidden', 'spec.rules[1].resources[1]: Forbidden'],
  ],
  [
    'apg',
    rules({ apiGroups: ['*'], resources: ['*/status'] }),
    ['spec.rules[1].apiGroups[0]: Forbidden', 'spec.rules[1].resources[0]: Forbidden'],
  ],
  ['ap', rules({ apiGroups: [''], apiVersions: ['*'], resources: ['*'] }), []],
  [
    'ap',
    rules({ apiGroups: ['wgpolicyk8s.io'], apiVersions: ['v1alpha2'], resources: ['policyreports'] }),
    ['spec.rules[1]: Forbidden'],
  ],
  ['ap', rules({ apiGroups: ['wgpolicyk8s.io'], resources: ['policyreports/status'] }), ['spec.rules[1]: Forbidden']],
  ['apg', rules({ apiGroups: ['openreports.io'], resources: ['reports'] }), ['spec.rules[1]: Forbidden']],
  ['ap', rules({ apiGroups: ['openreports.io'], resources: ['*'] }), ['spec.rules[1]: Forbidden']],
  ['ap', rules({ apiGroups: ['*'], resources: ['clusterreports'] }), ['spec.rules[1]: Forbidden']],
  ['cap', rules({ apiGroups: ['openreports.io'], resources: ['reports'] }), []],
  ['ap', rules({ apiGroups: ['other.example'], resources: ['reports'] }), []],
  ['ap', rules({ resources: ['pods', 'nodes/status'] }), ['spec.rules[1].resources[1]: Invalid']],
  ['ap', rules({ apiGroups: ['apps', ''], resources: ['namespaces'] }), ['spec.rules[1].resources[0]: Invalid']],
  ['ap', rules({ apiGroups: ['unknown.example'], resources: ['nodes'] }), []],
  ['ap', rules({ scope: 'Cluster' }), ['spec.rules[1].scope: Forbidden']],
  ['cap', conditions({ name: 'a', expression: 'object.spec.x == 1' }), []],
  [
    'cap',
    conditions({ name: 'a', expression: ' ' }, { name: '', expression: 'true' }),
    ['spec.matchConditions[0].expression: Required', 'spec.matchConditions[1].name: Required'],
  ],
  ['cap', conditions({ name: 'a', expression: '1 + 1' }), ['spec.matchConditions[0].expression: Invalid']],
  ['cap', conditions({ name: 'a', expression: 'object.flag' }), ['spec.matchConditions[0].expression: Invalid']],
  ['cap', conditions({ name: 'a', expression: 'params.x == 1' }), ['spec.matchConditions[0].expression: Invalid']],
  ['cap', conditions({ name: 'a', expression: 'true &&' }), ['spec.matchConditions[0].expression: Invalid']],
  ['cap', conditions({ name: 'not a name', expression: 'true' }), ['spec.matchConditions[0]: Invalid']],
  [
    'cap',
    conditions({ name: 'x.io/a', expression: 'true' }, { name: 'x.io/a', expression: 'true' }),
    ['spec.matchConditions[1].name: Duplicate'],
  ],
  ['cap', conditions(...Array.from({ length: 65 }, () => ({}))), ['spec.matchConditions: Too many']],
  [
    'cap',
    conditions(...['a', 'b', 'c'].map((name) => ({ name, expression: `"${'x'.repeat(90_000)}" == ""` }))),
    ['spec.matchConditions: Invalid'],
  ],
  ['cap', { timeoutEvalSeconds: 11 }, ['spec.timeoutEvalSeconds: Invalid']],
  ['cap', { timeoutEvalSeconds: 10 }, []],
  ['cap', { timeoutSeconds: undefined, timeoutEvalSeconds: 11 }, ['spec.timeoutEvalSeconds: Invalid']],
  ['cap', { module: '' }, ['spec.module: Required']],
  [
    'cap',
    { failurePolicy: 'fail', matchPolicy: 'x', sideEffects: 'Some' },
    ['spec.failurePolicy: Unsupported', 'spec.matchPolicy: Unsupported', 'spec.sideEffects: Unsupported'],
  ],
  [
    'cap',
    expressions({ key: 'a', operator: 'In', values: [] }),
    ['spec.objectSelector.matchExpressions[0].values: Required'],
  ],
  [
    'cap',
    expressions({ key: 'a', operator: 'Exists', values: ['x'] }),
    ['spec.objectSelector.matchExpressions[0].values: Forbidden'],
  ],
  [
    'cap',
    expressions({ key: '', operator: 'Is' }),
    [
      'spec.objectSelector.matchExpressions[0].key: Required',
      'spec.objectSelector.matchExpressions[0].operator: Unsupported',
    ],
  ],
  [
    'cap',
    expressions({ key: 'a', operator: 'In', values: ['x'] }, { key: 'a', operator: 'NotIn', values: ['x'] }),
    ['spec.objectSelector: Invalid'],
  ],
  [
    'cap',
    expressions({ key: 'a', operator: 'In', values: ['x', 'y'] }, { key: 'a', operator: 'NotIn', values: ['x'] }),
    [],
  ],
  [
    'cap',
    expressions({ key: 'a', operator: 'Exists' }, { key: 'a', operator: 'DoesNotExist' }),
    ['spec.objectSelector: Invalid'],
  ],
  [
    'cap',
    { namespaceSelector: { matchLabels: { a: 'x' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['y'] }] } },
    ['spec.namespaceSelector: Invalid'],
  ],
  [
    'cap',
    { namespaceSelector: { matchLabels: { a: 'x' }, matchExpressions: [{ key: 'b', operator: 'DoesNotExist' }] } },
    [],
  ],
  ['capg', { policies: {} }, ['spec.policies: Required', 'spec.expression: Invalid']],
  [
    'capg',
    { policies: { a: {}, b: {}, 'c-d': {}, in: {}, while: {} } },
    ['spec.policies: Invalid', 'spec.policies: Invalid', 'spec.policies: Invalid'],
  ],
  ['capg', { expression: '' }, ['spec.expression: Required']],
  ['apg', { expression: '123' }, ['spec.expression: Invalid']],
  ['apg', { expression: '2 > 1' }, ['spec.expression: Invalid']],
  ['apg', { expression: 'a() && c()' }, ['spec.expression: Invalid']],
  ['apg', { message: '' }, ['spec.message: Required']],
  [
    'apg',
    { policies: { a: { timeoutEvalSeconds: 11 }, b: {} } },
    ['spec.policies[a].timeoutEvalSeconds: Invalid', 'spec.policies: Invalid'],
  ],
  ['apg', { policies: { a: { timeoutEvalSeconds: 6 }, b: { timeoutEvalSeconds: 5 } } }, ['spec.policies: Invalid']],
  ['apg', { policies: { a: { timeoutEvalSeconds: 5 }, b: { timeoutEvalSeconds: 5 } } }, []],
];

const KINDS: Readonly<Record<string, PolicyKind>> = {
  cap: 'ClusterAdmissionPolicy',
  ap: 'AdmissionPolicy',
  capg: 'ClusterAdmissionPolicyGroup',
  apg: 'AdmissionPolicyGroup',
};

/** Problems by their field and the first two words of their title. */
function brief(problems: ReturnType<typeof validatePolicy>): readonly string[] {
  return problems.map((problem) => /^(.*?: (?:Too many|\w+))/.exec(formatProblem(problem))?.[1] ?? '');
}

for (const [short, spec, expected] of CASES) {
  test(`${short} ${JSON.stringify(spec).slice(0, 120)}`, () => {
    const kind = KINDS[short] ?? 'AdmissionPolicy';
    const object = short.endsWith('g')
      ? group(spec)
      : policy(spec, kind === 'AdmissionPolicy' ? { namespace: 'n' } : {});
    assert.deepEqual(brief(validatePolicy(kind, object, undefined, CONTEXT)), expected);
  });
}

const CHANGES: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>, readonly string[]])[] = [
  ['another server', {}, { policyServer: 'other' }, ['spec.policyServer: Forbidden']],
  ['protect to monitor', {}, { mode: 'monitor' }, ['spec.mode: Forbidden']],
  ['monitor to protect', { mode: 'monitor' }, { mode: 'protect' }, []],
  ['mutating', {}, { mutating: true }, []],
  ['a wrong spec that stays', { rules: [] }, { rules: [] }, []],
  ['a wrong spec that changes', { rules: [] }, { rules: [], message: 'x' }, ['spec.rules: Required']],
];

for (const [name, before, after, expected] of CHANGES) {
  test(`change: ${name}`, () => {
    const problems = validatePolicy('ClusterAdmissionPolicy', policy(after), policy(before), CONTEXT);
    assert.deepEqual(brief(problems), expected);
  });
}

test('an object that is being deleted may lose its finalizer whatever its spec says', () => {
  const object = policy({ rules: [], policyServer: 'other' }, { deletionTimestamp: '2026-01-01T00:00:00Z' });
  assert.deepEqual(validatePolicy('ClusterAdmissionPolicy', object, policy(), CONTEXT), []);
});

test('a name is refused when the name of its webhook would be too long', () => {
  // kw.ap. + 63 + . + name + .kubewarden.admission
  const fits = 253 - 'kw.ap.'.length - 63 - 1 - '.kubewarden.admission'.length;
  for (const [length, expected] of [
    [fits, []],
    [fits + 1, ['metadata.name: Invalid']],
  ] as const) {
    const object = policy({}, { name: 'x'.repeat(length), namespace: 'n'.repeat(63) });
    assert.deepEqual(brief(validatePolicy('AdmissionPolicy', object, undefined, CONTEXT)), expected);
  }
});

test('the answer names all problems as the API server does', () => {
  const object = policy({ rules: [], failurePolicy: 'x' });
  const problems = validatePolicy('ClusterAdmissionPolicy', object, undefined, CONTEXT);
  assert.deepEqual(policyStatusOf('ClusterAdmissionPolicy', object, problems), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message:
      'ClusterAdmissionPolicy.policies.kubewarden.io "p" is invalid: [spec.rules: Required value: a policy must have at least one rule, spec.failurePolicy: Unsupported value: "x": supported values: "Fail", "Ignore"]',
    reason: 'Invalid',
    details: {
      name: 'p',
      group: 'policies.kubewarden.io',
      kind: 'ClusterAdmissionPolicy',
      causes: [
        {
          reason: 'FieldValueRequired',
          message: 'Required value: a policy must have at least one rule',
          field: 'spec.rules',
        },
        {
          reason: 'FieldValueNotSupported',
          message: 'Unsupported value: "x": supported values: "Fail", "Ignore"',
          field: 'spec.failurePolicy',
        },
      ],
    },
    code: 422,
  });
});

test('an answer stays short, however much is wrong', () => {
  const object = policy({ rules: Array.from({ length: 5_000 }, () => ({})) });
  const problems = validatePolicy('ClusterAdmissionPolicy', object, undefined, CONTEXT);
  const { message, details } = policyStatusOf('ClusterAdmissionPolicy', object, problems);
  assert.equal(problems.length, 20_000);
  assert.equal(details.causes.length, 100);
  assert.match(message, /, and 19900 more\]$/);
});

test('whatever arrives, there is an answer and nothing is thrown', () => {
  const keys = fc.constantFrom(
    'spec',
    'rules',
    'metadata',
    'policies',
    'matchConditions',
    'objectSelector',
    'matchExpressions',
    'expression',
    'resources',
    '__proto__',
    'name',
  );
  const json = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5 },
      fc.jsonValue(),
      fc.dictionary(keys, tie('any')),
      fc.array(tie('any'), { maxLength: 4 }),
    ),
  })).any;
  fc.assert(
    fc.property(fc.constantFrom(...POLICY_KINDS), json, json, (kind, object, old) => {
      assert.ok(validatePolicy(kind, object, undefined, CONTEXT).length > 0);
      assert.ok(Array.isArray(validatePolicy(kind, object, old, CONTEXT)));
    }),
  );
});
