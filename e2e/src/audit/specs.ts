import fc from 'fast-check';
import type { ModuleName } from '../policies/modules.ts';

/** The example policy alone, watching and in a group, with several settings; and modules of fixed answers. */
export const TARGETS = ['owned', 'forbids', 'watched', 'grouped', 'denies', 'mutates', 'may-not-mutate'] as const;
export type Target = (typeof TARGETS)[number];

/** What a policy server's file says of them. */
export function targets(example: string, at: (name: ModuleName) => string): Readonly<Record<Target, object>> {
  const owned = { module: example, settings: { mandatory_annotations: ['owner'] } };
  const forbids = {
    module: example,
    settings: { denied_annotations: ['forbidden'], constrained_annotations: { owner: '^[a-z]+$' } },
  };
  const told = { module: example, settings: { mandatory_annotations: ['example.com/owner'] } };
  return {
    owned,
    forbids,
    watched: { ...owned, policyMode: 'monitor' },
    grouped: { expression: 'owned() || told()', message: 'nobody owns this', policies: { owned, told } },
    denies: { module: at('no') },
    mutates: { module: at('mutates'), allowedToMutate: true },
    'may-not-mutate': { module: at('mutates') },
  };
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly object[];
}

/** A policy: what it runs, and of which objects it is asked. */
export interface GateSpec {
  readonly target: Target;
  readonly kind: 'ClusterAdmissionPolicy' | 'AdmissionPolicy';
  readonly rules: readonly object[];
  readonly objectSelector: Selector | undefined;
  readonly namespaceSelector: Selector | undefined;
  readonly matchConditions: readonly { readonly name: string; readonly expression: string }[];
  readonly failurePolicy: 'Fail' | 'Ignore';
  readonly matchPolicy: 'Equivalent';
  readonly allowInside: boolean;
}

const rule = (apiGroup: string, version: string, resources: readonly string[], more: object = {}): object => ({
  apiGroups: [apiGroup],
  apiVersions: [version],
  operations: ['CREATE'],
  resources,
  ...more,
});

const RULES: readonly object[] = [
  rule('', 'v1', ['configmaps']),
  rule('', '*', ['configmaps', 'namespaces'], { operations: ['*'] }),
  rule('', 'v1', ['*'], { scope: 'Cluster' }),
  rule('apps', 'v1', ['deployments', 'deployments/scale']),
  rule('apps', '*', ['*'], { operations: ['UPDATE'] }),
  // Served in this version beside the one that is stored and created.
  rule('autoscaling', 'v1', ['horizontalpodautoscalers']),
  rule('rbac.authorization.k8s.io', 'v1', ['clusterroles'], { scope: 'Cluster' }),
  rule('rbac.authorization.k8s.io', 'v1', ['clusterroles'], { scope: 'Namespaced' }),
  rule('*', '*', ['*']),
  rule('*', '*', ['*/*'], { scope: 'Namespaced' }),
  rule('', 'v1', ['pods/exec']),
  rule('example.com', 'v1', ['nonsense']),
];

const OBJECT_SELECTORS: readonly Selector[] = [
  { matchLabels: { tier: 'gold' } },
  { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['gold'] }] },
  { matchExpressions: [{ key: 'tier', operator: 'Exists' }] },
];
const NAMESPACE_SELECTORS: readonly Selector[] = [
  { matchLabels: { env: 'prod' } },
  { matchExpressions: [{ key: 'env', operator: 'DoesNotExist' }] },
  { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['dev', 'bare', 'kubewarden'] }] },
];

/** Some of them have no answer for some of the objects. */
const EXPRESSIONS: readonly string[] = [
  "has(object.metadata.annotations) && 'owner' in object.metadata.annotations",
  "object.metadata.annotations['owner'] != ''",
  'object.spec.replicas > 1',
  "request.resource.resource == 'configmaps' || request.kind.kind == 'Deployment'",
  "request.operation == 'CREATE' && request.dryRun",
  "request.userInfo.username == 'system:serviceaccount:kubewarden:audit-scanner'",
  "request.?namespace.orValue('') != 'dev'",
  "!request.userInfo.groups.exists(g, g == 'system:nodes')",
  'oldObject == null',
];

const oneOrNone = <T>(all: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.option(fc.constantFrom(...all), { nil: undefined });

export const gateSpec: fc.Arbitrary<GateSpec> = fc.record({
  target: fc.constantFrom(...TARGETS),
  kind: fc.constantFrom('ClusterAdmissionPolicy', 'ClusterAdmissionPolicy', 'AdmissionPolicy'),
  rules: fc.uniqueArray(fc.constantFrom(...RULES), { minLength: 1, maxLength: 3 }),
  objectSelector: oneOrNone(OBJECT_SELECTORS),
  namespaceSelector: oneOrNone(NAMESPACE_SELECTORS),
  matchConditions: fc
    .uniqueArray(fc.constantFrom(...EXPRESSIONS), { maxLength: 2 })
    .map((all) => all.map((expression, at) => ({ name: `condition-${at}`, expression }))),
  failurePolicy: fc.constantFrom('Fail', 'Ignore'),
  matchPolicy: fc.constant('Equivalent'),
  allowInside: fc.boolean(),
});

/** The `spec` of its custom resource. */
export function resourceSpec(spec: GateSpec, module: string): object {
  const { target, kind, rules, objectSelector, namespaceSelector, matchConditions, failurePolicy, matchPolicy } = spec;
  const ofCluster = { namespaceSelector, allowInsideAdmissionControllerNamespace: spec.allowInside };
  return {
    module,
    mode: target === 'watched' ? 'monitor' : 'protect',
    mutating: target === 'mutates',
    rules,
    objectSelector,
    matchConditions,
    failurePolicy,
    matchPolicy,
    ...(kind === 'AdmissionPolicy' ? {} : ofCluster),
  };
}
