import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import {
  manifestText,
  OPEN_REPORT_RESOURCES,
  POLICY_REPORTS,
  RESOURCES,
  validatePolicy,
  validatePolicyServer,
  type PolicyKind,
} from '@ostiary/controller';
import { startCluster, type Cluster } from '../cluster.ts';

const ALL = [...RESOURCES, ...POLICY_REPORTS, ...OPEN_REPORT_RESOURCES];
const TEMPLATES = join(import.meta.dirname, '../../../charts/ostiary-crds/templates');

type Kind = PolicyKind | 'PolicyServer';
type Spec = Readonly<Record<string, unknown>>;

/**
 * Who refuses an object: the schema in the API server, the validation of our webhook, both, or nobody. Where the schema
 * can see a mistake, the webhook says the same; what only one of them sees is what the other can't or needn't.
 */
type Refusal = 'both' | 'schema' | 'webhook' | 'nobody';

const RULE = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
const POLICY: Spec = { module: 'r.example/p:v1', mutating: false, rules: [RULE] };
const GROUP: Spec = { rules: [RULE], policies: { a: { module: 'm' } }, expression: 'a()', message: 'no' };
const SERVER: Spec = { image: 'i', replicas: 1 };

const CREATED: readonly (readonly [Kind, Spec, Refusal])[] = [
  ['ClusterAdmissionPolicy', {}, 'nobody'],
  [
    'AdmissionPolicy',
    { settings: { anything: [1, { a: null }] }, matchConditions: [{ name: 'a', expression: 'true' }] },
    'nobody',
  ],
  ['ClusterAdmissionPolicy', { rules: [] }, 'both'],
  ['ClusterAdmissionPolicy', { rules: undefined }, 'both'],
  ['ClusterAdmissionPolicy', { rules: [{ ...RULE, operations: [] }] }, 'both'],
  ['ClusterAdmissionPolicy', { rules: [{ ...RULE, operations: undefined }] }, 'both'],
  ['ClusterAdmissionPolicy', { rules: [{ ...RULE, apiGroups: [] }] }, 'both'],
  ['ClusterAdmissionPolicy', { rules: [{ ...RULE, apiVersions: [] }] }, 'both'],
  ['ClusterAdmissionPolicy', { rules: [{ ...RULE, resources: [''] }] }, 'both'],
  ['ClusterAdmissionPolicy', { rules: [{ ...RULE, scope: 'Global' }] }, 'both'],
  ['ClusterAdmissionPolicy', { rules: [{ ...RULE, operations: ['create'] }] }, 'webhook'],
  ['ClusterAdmissionPolicy', { module: undefined }, 'both'],
  ['ClusterAdmissionPolicy', { mutating: undefined }, 'schema'],
  ['ClusterAdmissionPolicy', { mode: 'watch' }, 'schema'],
  ['ClusterAdmissionPolicy', { timeoutSeconds: 1 }, 'schema'],
  ['ClusterAdmissionPolicy', { timeoutEvalSeconds: 1 }, 'schema'],
  ['ClusterAdmissionPolicy', { timeoutSeconds: 31 }, 'schema'],
  ['ClusterAdmissionPolicy', { timeoutEvalSeconds: 11 }, 'both'],
  ['ClusterAdmissionPolicy', { timeoutSeconds: 20, timeoutEvalSeconds: 20 }, 'nobody'],
  ['ClusterAdmissionPolicy', { matchConditions: [{ name: 'a', expression: '1' }] }, 'webhook'],
  [
    'ClusterAdmissionPolicy',
    { matchConditions: Array.from({ length: 65 }, (_, at) => ({ name: `c${at}`, expression: 'true' })) },
    'both',
  ],
  ['ClusterAdmissionPolicy', { failurePolicy: 'fail' }, 'webhook'],
  ['AdmissionPolicy', { rules: [{ ...RULE, apiGroups: ['*'], resources: ['*'] }] }, 'webhook'],
  ['AdmissionPolicy', { rules: [{ ...RULE, apiGroups: ['openreports.io'], resources: ['reports'] }] }, 'webhook'],
  ['AdmissionPolicy', { rules: [{ ...RULE, resources: ['nodes'] }] }, 'webhook'],
  ['ClusterAdmissionPolicyGroup', {}, 'nobody'],
  ['AdmissionPolicyGroup', { policies: { a: { module: 'm', timeoutEvalSeconds: 10, settings: { b: 1 } } } }, 'nobody'],
  ['ClusterAdmissionPolicyGroup', { policies: {} }, 'both'],
  ['ClusterAdmissionPolicyGroup', { policies: { a: {} } }, 'schema'],
  ['ClusterAdmissionPolicyGroup', { policies: { a: { module: 'm', timeoutEvalSeconds: 1 } } }, 'schema'],
  ['ClusterAdmissionPolicyGroup', { policies: { a: { module: 'm' }, 'b-c': { module: 'm' } } }, 'both'],
  ['AdmissionPolicyGroup', { policies: { a: { module: 'm', timeoutEvalSeconds: 11 } } }, 'both'],
  ['AdmissionPolicyGroup', { expression: '' }, 'both'],
  ['AdmissionPolicyGroup', { expression: '2 > 1' }, 'webhook'],
  ['AdmissionPolicyGroup', { message: undefined }, 'both'],
  ['PolicyServer', {}, 'nobody'],
  ['PolicyServer', { minAvailable: 1, maxUnavailable: '50%' }, 'both'],
  ['PolicyServer', { webhookPort: 8081 }, 'both'],
  ['PolicyServer', { webhookPort: 9000, readinessProbePort: 8443 }, 'nobody'],
  ['PolicyServer', { limits: { cpu: 'much' } }, 'both'],
  ['PolicyServer', { limits: { cpu: '1' }, requests: { cpu: '2' } }, 'webhook'],
  ['PolicyServer', { imagePullSecret: 'nobody' }, 'webhook'],
  ['PolicyServer', { namespacedPoliciesCapabilities: ['oci/v9'] }, 'webhook'],
  ['PolicyServer', { replicas: undefined }, 'schema'],
];

const CHANGED: readonly (readonly [Kind, Spec, Spec, Refusal])[] = [
  ['ClusterAdmissionPolicy', {}, { policyServer: 'other' }, 'both'],
  ['AdmissionPolicy', {}, { mode: 'monitor' }, 'both'],
  ['ClusterAdmissionPolicyGroup', { mode: 'monitor' }, { mode: 'protect' }, 'nobody'],
  ['AdmissionPolicyGroup', {}, { policyServer: 'other', mode: 'monitor' }, 'both'],
  ['ClusterAdmissionPolicy', {}, { mutating: true, message: 'x' }, 'nobody'],
];

function baseOf(kind: Kind): Spec {
  if (kind === 'PolicyServer') return SERVER;
  return kind.endsWith('Group') ? GROUP : POLICY;
}

function objectOf(kind: Kind, spec: Spec, name: string, apiVersion = 'policies.kubewarden.io/v1') {
  const namespace = kind.startsWith('AdmissionPolicy') ? { namespace: 'default' } : {};
  return { apiVersion, kind, metadata: { name, ...namespace }, spec: { ...baseOf(kind), ...spec } };
}

function pathOf(kind: string, name = '', version = 'v1'): string {
  const resource = RESOURCES.find((candidate) => candidate.kind === kind);
  const namespace = resource?.scope === 'Namespaced' ? 'namespaces/default/' : '';
  return `/apis/${resource?.group}/${version}/${namespace}${resource?.plural}${name === '' ? '' : `/${name}`}`;
}

/** What the webhook would say of an object that has its schema's defaults. */
function judge(kind: Kind, object: unknown, old?: unknown): boolean {
  const problems =
    kind === 'PolicyServer'
      ? validatePolicyServer(object, old, { secretType: () => undefined, configMapKeys: () => undefined })
      : validatePolicy(kind, object, old, { isNamespaced: (_, resource) => resource !== 'nodes' });
  return problems.length > 0;
}

function refusalOf(schema: boolean, webhook: boolean): Refusal {
  if (schema) return webhook ? 'both' : 'schema';
  return webhook ? 'webhook' : 'nobody';
}

suite('the custom resources in a real API server', () => {
  let cluster: Cluster;

  before(async () => {
    cluster = await startCluster();
    for (const resource of ALL) {
      const { code, stderr } = await cluster.kubectl(['apply', '-f', '-'], { input: manifestText(resource) });
      // A schema that is not structural, or a rule beyond the budget, is said here; so are warnings.
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, resource.kind);
    }
    const names = ALL.map(({ plural, group }) => `crd/${plural}.${group}`);
    const wait = await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...names]);
    assert.equal(wait.code, 0, wait.stderr);
    const definitions = await cluster.kubectl(['get', 'crd', '-o', 'json']);
    for (const { metadata, status } of JSON.parse(definitions.stdout).items) {
      const bad = status.conditions.filter(({ type }: { type: string }) => type === 'NonStructuralSchema');
      assert.deepEqual(bad, [], metadata.name);
    }
  });
  after(() => cluster?.stop());

  test('the templates of the chart are those definitions', async () => {
    const files = await readdir(TEMPLATES);
    assert.equal(files.length, ALL.length);
    for (const { group, plural } of RESOURCES) {
      const text = await readFile(join(TEMPLATES, `${group}_${plural}.yaml`), 'utf8');
      const { code, stdout } = await cluster.kubectl(['apply', '-f', '-'], { input: text });
      assert.equal(code, 0);
      assert.match(stdout, /unchanged/, 'and the API server keeps them as they are written');
    }
  });

  test('schema and webhook refuse what they ought to', async () => {
    for (const [index, [kind, spec, expected]] of CREATED.entries()) {
      const object = objectOf(kind, spec, `o${index}`);
      const { status, body } = await cluster.request({
        path: `${pathOf(kind)}?fieldValidation=Strict`,
        method: 'POST',
        body: object,
      });
      const stored = status === 201 ? JSON.parse(body) : object;
      const found = refusalOf(status !== 201, judge(kind, stored));
      assert.equal(found, expected, `${kind} ${JSON.stringify(spec).slice(0, 200)}: ${status} ${body.slice(0, 600)}`);
      if (status !== 201) assert.equal(status, 422, body);
    }
  });

  test('schema and webhook refuse the same changes', async () => {
    for (const [index, [kind, spec, change, expected]] of CHANGED.entries()) {
      const created = await cluster.request({
        path: pathOf(kind),
        method: 'POST',
        body: objectOf(kind, spec, `u${index}`),
      });
      assert.equal(created.status, 201, created.body);
      const old = JSON.parse(created.body);
      const changed = { ...old, spec: { ...old.spec, ...change } };
      const { status, body } = await cluster.request({ path: pathOf(kind, `u${index}`), method: 'PUT', body: changed });
      assert.equal(
        refusalOf(status !== 200, judge(kind, changed, old)),
        expected,
        `${JSON.stringify(change)}: ${body}`,
      );
      if (status !== 200) {
        const fields = JSON.parse(body).details.causes.map(({ field }: { field: string }) => field);
        assert.deepEqual(
          fields.toSorted(),
          Object.keys(change)
            .map((name) => `spec.${name}`)
            .toSorted(),
        );
      }
    }
  });

  test('defaults are filled in', async () => {
    const policy = await cluster.request({
      path: pathOf('ClusterAdmissionPolicy'),
      method: 'POST',
      body: objectOf('ClusterAdmissionPolicy', {}, 'defaults'),
    });
    const { policyServer, mode, backgroundAudit, timeoutSeconds } = JSON.parse(policy.body).spec;
    assert.deepEqual(
      { policyServer, mode, backgroundAudit, timeoutSeconds },
      { policyServer: 'default', mode: 'protect', backgroundAudit: true, timeoutSeconds: 10 },
    );
    for (const [kind, more] of [
      ['AuthenticationModule', {}],
      ['AuthorizationModule', { failurePolicy: 'NoOpinion' }],
    ] as const) {
      const object = {
        apiVersion: 'ostiary.dev/v1alpha1',
        kind,
        metadata: { name: 'm' },
        spec: { module: 'r.example/m:v1', settings: { a: [1] } },
      };
      const { status, body } = await cluster.request({
        path: pathOf(kind, '', 'v1alpha1'),
        method: 'POST',
        body: object,
      });
      assert.equal(status, 201, body);
      assert.deepEqual(JSON.parse(body).spec, {
        ...object.spec,
        order: 0,
        policyServer: 'default',
        timeoutSeconds: 2,
        memory: '128Mi',
        ...more,
      });
    }
  });

  test('a status can be written, with what is new in it, and is shown', async () => {
    const now = '2026-01-01T00:00:00Z';
    const path = pathOf('ClusterAdmissionPolicy', 'defaults');
    const object = JSON.parse((await cluster.request({ path })).body);
    const status = {
      policyStatus: 'active',
      mode: 'protect',
      observedGeneration: 1,
      servers: { ready: 1, total: 2, revision: 'abc' },
      conditions: [
        {
          type: 'PolicyActive',
          status: 'True',
          reason: 'PolicyActive',
          message: '',
          lastTransitionTime: now,
          observedGeneration: 1,
        },
      ],
    };
    const written = await cluster.request({
      path: `${path}/status?fieldValidation=Strict`,
      method: 'PUT',
      body: { ...object, status },
    });
    assert.equal(written.status, 200, written.body);
    assert.deepEqual(JSON.parse(written.body).status, status);
    const shown = await cluster.kubectl(['get', 'cap', 'defaults', '-o', 'wide']);
    assert.match(
      shown.stdout,
      /^NAME +POLICY SERVER +MUTATING +BACKGROUNDAUDIT +MODE +OBSERVED MODE +STATUS +AGE +SEVERITY +CATEGORY\n/,
    );
    assert.match(shown.stdout, /\ndefaults +default +false +true +protect +protect +active /);
    const waited = await cluster.kubectl(['wait', '--for=condition=PolicyActive', 'cap/defaults', '--timeout=5s']);
    assert.equal(waited.code, 0, waited.stderr);
  });

  test('the old version is served, and its users are warned', async () => {
    const object = objectOf('ClusterAdmissionPolicy', {}, 'old', 'policies.kubewarden.io/v1alpha2');
    const applied = await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(object) });
    assert.equal(applied.code, 0, applied.stderr);
    assert.match(applied.stderr, /Warning: this version is deprecated; use policies\.kubewarden\.io\/v1 /);
    const stored = JSON.parse((await cluster.request({ path: pathOf('ClusterAdmissionPolicy', 'old') })).body);
    assert.equal(stored.apiVersion, 'policies.kubewarden.io/v1');
    assert.equal(stored.spec.mode, 'protect');
  });

  test('a policy server needs a name that its Service can have', async () => {
    for (const [name, status] of [
      ['x'.repeat(49), 201],
      ['x'.repeat(50), 422],
      ['a.b', 422],
    ] as const) {
      const object = objectOf('PolicyServer', {}, name);
      const answer = await cluster.request({ path: pathOf('PolicyServer'), method: 'POST', body: object });
      assert.equal(answer.status, status, answer.body);
      assert.equal(judge('PolicyServer', object), status === 422);
    }
  });

  test('all that a pod template may want is known to the schema of a policy server', async () => {
    const term = { labelSelector: { matchLabels: { a: 'b' } }, topologyKey: 'kubernetes.io/hostname' };
    const spec = {
      env: [
        { name: 'A', value: 'b' },
        { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      ],
      affinity: {
        podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }] },
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }],
          },
        },
      },
      tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 1 }],
      securityContexts: {
        container: { runAsNonRoot: true, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } },
        pod: { fsGroup: 1, supplementalGroups: [1], sysctls: [{ name: 'a', value: 'b' }] },
      },
      limits: { cpu: 1, memory: '1Gi' },
      requests: { cpu: '500m' },
      sourceAuthorities: { 'r.example': ['PEM'] },
    };
    const object = objectOf('PolicyServer', spec, 'full');
    const answer = await cluster.request({
      path: `${pathOf('PolicyServer')}?fieldValidation=Strict`,
      method: 'POST',
      body: object,
    });
    assert.equal(answer.status, 201, answer.body);
    assert.deepEqual(JSON.parse(answer.body).spec, object.spec);
  });

  test('reports of audits are accepted', async () => {
    const scope = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'p', uid: 'u', resourceVersion: '12' };
    const result = {
      source: 'kubewarden',
      policy: 'kw.cap.p',
      category: 'PSP',
      severity: 'medium',
      result: 'fail',
      scored: true,
      resourceSelector: {},
      message: 'why',
      timestamp: { seconds: 1_700_000_000, nanos: 0 },
      properties: { validating: 'true' },
    };
    for (const { group, kind, plural, scope: where, versions } of [...POLICY_REPORTS, ...OPEN_REPORT_RESOURCES]) {
      const version = versions[0]?.name ?? '';
      const namespace = where === 'Namespaced' ? 'namespaces/default/' : '';
      const summary = { pass: 0, fail: 1, warn: 0, error: 0, skip: 2 };
      const body = {
        apiVersion: `${group}/${version}`,
        kind,
        metadata: { name: 'r' },
        scope,
        summary,
        results: [result],
      };
      const answer = await cluster.request({
        path: `/apis/${group}/${version}/${namespace}${plural}?fieldValidation=Strict`,
        method: 'POST',
        body,
      });
      assert.equal(answer.status, 201, answer.body);
    }
  });
});
