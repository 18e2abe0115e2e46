import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FINALIZER } from '../api/names.ts';
import { policyId } from '../api/policy-id.ts';
import { defaultObject } from './default.ts';
import { formatProblem } from './problem.ts';
import { policyServerStatusOf, validatePolicyServer, type PolicyServerContext } from './policy-server.ts';

const CONTEXT: PolicyServerContext = {
  secretType: (name) => (name === 'pull' ? 'kubernetes.io/dockerconfigjson' : name === 'opaque' ? 'Opaque' : undefined),
  configMapKeys: (name) =>
    name === 'trust' ? ['sigstore-trust-config', 'verification-config'] : name === 'empty' ? [] : undefined,
};

function server(spec: Record<string, unknown> = {}, name = 'default'): Record<string, unknown> {
  return { metadata: { name }, spec: { image: 'i', replicas: 1, ...spec } };
}

const CASES: readonly (readonly [Record<string, unknown>, readonly string[]])[] = [
  [{}, []],
  [{ imagePullSecret: 'pull', sigstoreTrustConfig: 'trust', verificationConfig: 'trust' }, []],
  [{ imagePullSecret: 'nobody' }, ['spec.imagePullSecret: Invalid value: "nobody": there is no such Secret']],
  [
    { imagePullSecret: 'opaque' },
    ['spec.imagePullSecret: Invalid value: "opaque": the Secret is not of type kubernetes.io/dockerconfigjson'],
  ],
  [
    { sigstoreTrustConfig: 'nobody' },
    ['spec.sigstoreTrustConfig: Invalid value: "nobody": there is no such ConfigMap'],
  ],
  [
    { sigstoreTrustConfig: 'empty' },
    ['spec.sigstoreTrustConfig: Invalid value: "empty": the ConfigMap has no key sigstore-trust-config'],
  ],
  [
    { verificationConfig: 'empty' },
    ['spec.verificationConfig: Invalid value: "empty": the ConfigMap has no key verification-config'],
  ],
  [{ minAvailable: 1 }, []],
  [
    { minAvailable: 0, maxUnavailable: '50%' },
    [
      'spec: Invalid value: {"minAvailable":0,"maxUnavailable":"50%"}: minAvailable and maxUnavailable can not both be set',
    ],
  ],
  [{ limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: 0.5, memory: '1024Mi' } }, []],
  [{ limits: { cpu: '-1' } }, ['spec.limits.cpu: Invalid value: "-1": must not be negative']],
  [{ requests: { cpu: '-1' } }, ['spec.requests.cpu: Invalid value: "-1": must not be negative']],
  [
    { limits: { cpu: '500m' }, requests: { cpu: 1 } },
    ['spec.requests.cpu: Invalid value: 1: must not be greater than the limit of cpu'],
  ],
  [
    { limits: { memory: 'much' } },
    ['spec.limits.memory: Invalid value: "much": must be a quantity, such as 500m or 64Mi'],
  ],
  [{ namespacedPoliciesCapabilities: ['oci/*', 'kubernetes/can_i'] }, []],
  [{ namespacedPoliciesCapabilities: [] }, []],
  [
    { webhookPort: 9000, readinessProbePort: 9000 },
    ['spec.readinessProbePort: Invalid value: 9000: must differ from the port of the webhook'],
  ],
  [{ webhookPort: 8081 }, ['spec.readinessProbePort: Invalid value: 8081: must differ from the port of the webhook']],
  [
    { readinessProbePort: 8443 },
    ['spec.readinessProbePort: Invalid value: 8443: must differ from the port of the webhook'],
  ],
  [{ metricsPort: 8443 }, []],
];

for (const [spec, expected] of CASES) {
  test(`policy server ${JSON.stringify(spec)}`, () => {
    assert.deepEqual(validatePolicyServer(server(spec), undefined, CONTEXT).map(formatProblem), expected);
  });
}

test('patterns of capabilities are refused one by one', () => {
  const spec = { namespacedPoliciesCapabilities: ['oci/*', 'oci/v9', '', 'net/v1/dns_lookup_host/x'] };
  const fields = validatePolicyServer(server(spec), undefined, CONTEXT).map(({ field }) => field);
  assert.deepEqual(
    fields,
    [1, 2, 3].map((index) => `spec.namespacedPoliciesCapabilities[${index}]`),
  );
});

test('the name must fit the Service', () => {
  const verdicts = ['x'.repeat(49), 'x'.repeat(50), 'a.b'].map(
    (name) => validatePolicyServer(server({}, name), undefined, CONTEXT).length,
  );
  assert.deepEqual(verdicts, [0, 1, 1]);
  assert.deepEqual(validatePolicyServer(server({ replicas: 2 }, 'a.b'), server({}, 'a.b'), CONTEXT), []);
});

test('a spec that stays is not judged again, and neither is what is being deleted', () => {
  const wrong = server({ imagePullSecret: 'nobody' });
  assert.deepEqual(validatePolicyServer(wrong, wrong, CONTEXT), []);
  const deleted = { ...wrong, metadata: { name: 'default', deletionTimestamp: 'x' } };
  assert.deepEqual(validatePolicyServer(deleted, server(), CONTEXT), []);
  assert.equal(validatePolicyServer(wrong, server(), CONTEXT).length, 1);
});

test('one problem stands alone in the message', () => {
  const object = server({ minAvailable: 1, maxUnavailable: 1 });
  const { message, code } = policyServerStatusOf(object, validatePolicyServer(object, undefined, CONTEXT));
  assert.match(message, /^PolicyServer\.policies\.kubewarden\.io "default" is invalid: spec: Invalid value: \{/);
  assert.equal(code, 422);
});

const ADD = { op: 'add' } as const;
const DEFAULTS = [
  ['AdmissionPolicy', { spec: { policyServer: 'x' } }, []],
  ['AdmissionPolicy', { spec: { policyServer: '' } }, [{ ...ADD, path: '/spec/policyServer', value: 'default' }]],
  [
    'AuthorizationModule',
    {},
    [
      { ...ADD, path: '/spec', value: {} },
      { ...ADD, path: '/spec/policyServer', value: 'default' },
    ],
  ],
  ['PolicyServer', { metadata: {} }, [{ ...ADD, path: '/metadata/finalizers', value: [FINALIZER] }]],
  ['PolicyServer', { metadata: { finalizers: ['x'] } }, [{ ...ADD, path: '/metadata/finalizers/-', value: FINALIZER }]],
  ['PolicyServer', { metadata: { finalizers: [FINALIZER] } }, []],
  ['PolicyServer', { metadata: { deletionTimestamp: 'x' } }, []],
] as const;

for (const [kind, object, patch] of DEFAULTS) {
  test(`defaults of ${kind} ${JSON.stringify(object)}`, () => {
    assert.deepEqual(defaultObject(kind, object), patch);
  });
}

test('IDs: dotted ones never collide, dashed ones are as they were', () => {
  assert.equal(policyId('ClusterAdmissionPolicy', '', 'p'), 'kw.cap.p');
  assert.equal(policyId('AdmissionPolicy', 'n', 'p'), 'kw.ap.n.p');
  assert.equal(policyId('ClusterAdmissionPolicyGroup', '', 'p'), 'kw.capg.p');
  assert.equal(policyId('AdmissionPolicyGroup', 'n', 'p'), 'kw.apg.n.p');
  assert.notEqual(policyId('AdmissionPolicy', 'a-b', 'c'), policyId('AdmissionPolicy', 'a', 'b-c'));
  assert.equal(policyId('ClusterAdmissionPolicy', '', 'p', 'dashed'), 'clusterwide-p');
  assert.equal(policyId('AdmissionPolicy', 'n', 'p', 'dashed'), 'namespaced-n-p');
  assert.equal(policyId('ClusterAdmissionPolicyGroup', '', 'p', 'dashed'), 'clusterwide-group-p');
  assert.equal(policyId('AdmissionPolicyGroup', 'n', 'p', 'dashed'), 'namespaced-group-n-p');
});
