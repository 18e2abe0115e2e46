import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resource, type ApiResource, type KubeObject } from '@ostiary/kube';
import { readPolicy } from '../policies/read.ts';
import type { Policy } from '../policies/policy.ts';
import { clusterPolicy, DEPLOYMENTS, namespacedPolicy, NAMESPACES, PODS, RESOURCES } from '../testing/cluster.ts';
import { applies } from './applies.ts';
import { makePlan, type Plan } from './plan.ts';

const verbs = ['create', 'list'];
const SCALED = resource('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', { verbs });
const SCALED_OLD = resource('autoscaling/v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', { verbs });
const READ_ONLY = resource('metrics.k8s.io/v1beta1', 'PodMetrics', 'pods', { verbs: ['get', 'list'] });
const WRITE_ONLY = resource('authorization.k8s.io/v1', 'SubjectAccessReview', 'subjectaccessreviews', {
  verbs: ['create'],
  namespaced: false,
});
const CORE_EVENTS = resource('v1', 'Event', 'events', { verbs });
const EVENTS = resource('events.k8s.io/v1', 'Event', 'events', { verbs });
const ALL = [...RESOURCES, SCALED, SCALED_OLD, READ_ONLY, WRITE_ONLY, CORE_EVENTS, EVENTS];

function rule(groups: string, versions: string, resources: string, operations = 'CREATE', scope?: string): object {
  const lists = {
    apiGroups: groups.split(','),
    apiVersions: versions.split(','),
    resources: resources.split(','),
    operations: operations.split(','),
  };
  return scope === undefined ? lists : { ...lists, scope };
}

function plan(objects: readonly KubeObject[], resources: readonly ApiResource[] = ALL): Plan {
  const policies = objects.map((object) => readPolicy(object, 'cluster'));
  return makePlan({ policies, resources, idOf: ({ name }) => name, disposition: () => ({ type: 'evaluate' }) });
}

function units(rules: readonly object[], spec: object = {}): readonly string[] {
  return plan([clusterPolicy('p', { rules, ...spec })]).units.map(({ id, assignments: [one] }) => {
    const versions = one === undefined || one.as === one.requested ? '' : ` ${one.as.version}<${one.requested.version}`;
    return id + versions;
  });
}

/** Rules, and the resources that they select. */
const RULES: readonly (readonly [what: string, rules: readonly object[], expected: readonly string[]])[] = [
  ['one resource', [rule('', 'v1', 'pods')], ['/pods']],
  ['the same twice', [rule('', 'v1', 'pods'), rule('*', '*', 'pods')], ['/pods']],
  ['another group', [rule('apps', 'v1', 'pods')], []],
  ['another version', [rule('apps', 'v2', 'deployments')], []],
  ['what is known beside what is not', [rule('apps', 'v1', 'pods,deployments,nonsense')], ['apps/deployments']],
  ['subresources', [rule('', 'v1', 'pods/exec,pods/status')], []],
  ['subresources with their resource', [rule('', 'v1', 'pods/*')], ['/pods']],
  ['any operation', [rule('', 'v1', 'pods', '*')], ['/pods']],
  ['no creation', [rule('', 'v1', 'pods', 'UPDATE,DELETE')], []],
  ['objects of the cluster', [rule('', '*', '*', 'CREATE', 'Cluster')], ['/namespaces']],
  [
    'objects of namespaces',
    [rule('apps,', '*', 'deployments,namespaces', 'CREATE', 'Namespaced')],
    ['apps/deployments'],
  ],
  [
    'an older version',
    [rule('autoscaling', 'v1', 'horizontalpodautoscalers')],
    ['autoscaling/horizontalpodautoscalers v1<v2'],
  ],
  [
    'both versions',
    [rule('autoscaling', 'v1,v2', 'horizontalpodautoscalers')],
    ['autoscaling/horizontalpodautoscalers'],
  ],
  ['two groups with the same objects', [rule('events.k8s.io', 'v1', 'events')], ['/events v1<v1']],
  ['what only exists to be read', [rule('metrics.k8s.io', '*', '*')], []],
  ['what only exists to be asked', [rule('authorization.k8s.io', '*', '*')], []],
  ['admission itself', [rule('admissionregistration.k8s.io', '*', '*')], []],
  ['reports', [rule('wgpolicyk8s.io,openreports.io', '*', '*')], []],
];

for (const [what, rules, expected] of RULES) {
  test(`a rule for ${what}`, () => {
    assert.deepEqual(units(rules), expected);
  });
}

test('wildcards select all there is, and nothing that is no object', () => {
  const selected = units([rule('*', '*', '*/*')]);
  assert.ok(selected.includes('/pods') && selected.includes('apps/deployments') && selected.includes('/events'));
  assert.ok(!selected.some((id) => /reports|webhook|metrics|reviews/.test(id)));
  assert.equal(new Set(selected).size, selected.length);
});

test('a policy for exactly a version sees requests in that version', () => {
  const exact = units([rule('autoscaling', 'v1', 'horizontalpodautoscalers')], { matchPolicy: 'Exact' });
  assert.deepEqual(exact, ['autoscaling/horizontalpodautoscalers']);
});

test('a namespaced policy sees namespaced objects alone', () => {
  const wide = namespacedPolicy('p', 'team', { rules: [rule('', 'v1', 'pods,namespaces', 'CREATE', '*')] });
  assert.deepEqual(
    plan([wide]).units.map(({ id }) => id),
    ['/pods'],
  );
});

test('the plan stays the same until a policy or a resource changes', () => {
  const { hash } = plan([clusterPolicy('a')]);
  assert.equal(plan([clusterPolicy('a')]).hash, hash);
  const object = clusterPolicy('a');
  assert.notEqual(plan([{ ...object, metadata: { ...object.metadata, generation: 2 } }]).hash, hash);
  assert.notEqual(plan([clusterPolicy('a'), clusterPolicy('b')]).hash, hash);
});

const INSIDE = { allowInsideAdmissionControllerNamespace: true };
const PROD = { namespaceSelector: { matchLabels: { env: 'prod' } } };
const NO_DEBUG = { objectSelector: { matchExpressions: [{ key: 'debug', operator: 'DoesNotExist' }] } };

/** A policy, the namespace of an object and its labels, the object's labels, and whether the webhook is called. */
const PLACES: readonly (readonly [
  policy: KubeObject,
  namespace: string,
  labels: object,
  own: Record<string, string>,
  called: boolean,
])[] = [
  [clusterPolicy('p'), 'team', {}, {}, true],
  [clusterPolicy('p'), 'kubewarden', {}, {}, false],
  [clusterPolicy('p', INSIDE), 'kubewarden', {}, {}, true],
  [clusterPolicy('p', PROD), 'team', {}, {}, false],
  [clusterPolicy('p', PROD), 'team', { env: 'prod' }, {}, true],
  [clusterPolicy('p', { ...PROD, ...INSIDE }), 'kubewarden', {}, {}, false],
  [clusterPolicy('p', NO_DEBUG), 'team', {}, { debug: '' }, false],
  [clusterPolicy('p', NO_DEBUG), 'team', {}, { other: '' }, true],
  [namespacedPolicy('p', 'team'), 'team', {}, {}, true],
  [namespacedPolicy('p', 'team'), 'other', {}, {}, false],
  [namespacedPolicy('p', 'kubewarden'), 'kubewarden', {}, {}, true],
];

for (const [policy, namespace, labels, own, called] of PLACES) {
  test(`${policy.kind} ${JSON.stringify(policy.metadata)} ${JSON.stringify(labels)} ${JSON.stringify(own)} in ${namespace}: ${called}`, () => {
    const [unit] = plan([policy], [PODS, DEPLOYMENTS, NAMESPACES]).units;
    const [assignment] = unit?.assignments ?? [];
    assert.ok(assignment);
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name: 'p', labels: own } };
    const namespaceLabels = { 'kubernetes.io/metadata.name': namespace, ...labels };
    assert.equal(applies(assignment, { object, namespaceLabels }, 'kubewarden'), called);
  });
}

test('selectors do not keep a policy from objects of the cluster, but for namespaces', () => {
  const [unit] = plan([clusterPolicy('p', PROD)], [PODS]).units;
  const [assignment] = unit?.assignments ?? [];
  assert.ok(assignment);
  const object = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } };
  assert.equal(applies(assignment, { object, namespaceLabels: undefined }, 'kubewarden'), true);
});

test('a policy that can not be read says where', () => {
  const broken: readonly (readonly [object, RegExp])[] = [
    [{ rules: [] }, /spec.rules: is missing/],
    [{ objectSelector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } }, /spec.objectSelector: /],
    [{ namespaceSelector: [] }, /spec.namespaceSelector: is not an object/],
  ];
  for (const [spec, message] of broken) {
    assert.throws(() => readPolicy(clusterPolicy('p', spec), 'cluster'), { code: 'bad-policy', message });
  }
});

test('the smallest policy has the defaults of its kind', () => {
  const policy: Policy = readPolicy(clusterPolicy('p'), 'file');
  const { mode, matchPolicy, failurePolicy, timeoutMs, policyServer, active, severity } = policy;
  assert.deepEqual(
    { mode, matchPolicy, failurePolicy, timeoutMs, policyServer, active, severity },
    {
      mode: 'protect',
      matchPolicy: 'Equivalent',
      failurePolicy: 'Fail',
      timeoutMs: 10_000,
      policyServer: 'default',
      active: true,
      severity: undefined,
    },
  );
});
