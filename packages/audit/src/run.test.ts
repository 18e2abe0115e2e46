import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FakeApiServer } from '@ostiary/kube/testing';
import { recordAt, textAt } from './json.ts';
import { createMetrics } from './metrics/metrics.ts';
import type { AuditOptions } from './options.ts';
import type { ObjectReport } from './report/model.ts';
import { RUN_UID_LABEL } from './report/resource.ts';
import { fileCheckpoints } from './resume/stores.ts';
import { runAudit } from './run.ts';
import {
  CLUSTER_POLICIES,
  CLUSTER_POLICY_REPORTS,
  clusterPolicy,
  DEPLOYMENTS,
  namespace,
  namespacedPolicy,
  NAMESPACES,
  pod,
  PODS,
  POLICIES,
  POLICY_REPORTS,
  REPORTS,
  reportsIn,
  RESOURCES,
  SERVICES,
  POLICY_SERVERS,
  testCluster,
} from './testing/cluster.ts';
import { fakePolicyServer, labelsIn } from './testing/policy-server.ts';

test('passes, errors and skips are of the object that the report is about', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, ({ policy }) =>
    policy.endsWith('broken') ? { allowed: false, code: 500, message: 'trapped' } : { allowed: true },
  );
  for (const name of ['a', 'b', 'broken']) server.put(CLUSTER_POLICIES, clusterPolicy(name));
  server.put(CLUSTER_POLICIES, clusterPolicy('later', {}, 'pending'));
  server.put(
    CLUSTER_POLICIES,
    clusterPolicy('never', { backgroundAudit: false, objectSelector: { matchLabels: { x: 'y' } } }),
  );
  server.put(
    CLUSTER_POLICIES,
    clusterPolicy(
      'deployments',
      { rules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }] },
      'pending',
    ),
  );
  server.put(POLICIES, namespacedPolicy('own', 'team'));
  server.put(POLICIES, namespacedPolicy('foreign', 'elsewhere'));
  server.put(PODS, pod('web'));
  const { document, complete } = await runAudit(await options(policies.url));
  assert.equal(complete, true);
  assert.deepEqual(reportsIn(server).get('web')?.['summary'], { pass: 3, fail: 0, warn: 0, error: 1, skip: 1 });
  assert.deepEqual(document.totals.summary, { pass: 3, fail: 0, warn: 0, error: 1, skip: 1 });
  assert.deepEqual(
    document.findings.map(({ policy, outcome, message }) => [policy, outcome, message]),
    [['cap..broken', 'error', 'trapped']],
  );
});

test('a report says what it is about, which policy, and why', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, () => ({ allowed: false, message: 'no team label' }));
  const policy = clusterPolicy('team', { mutating: true, contextAwareResources: [{ apiVersion: 'v1', kind: 'Pod' }] });
  const annotations = { 'io.kubewarden.policy.severity': 'medium', 'io.kubewarden.policy.category': 'Labels' };
  const annotated = { ...policy, metadata: { ...policy.metadata, annotations } };
  const stored = server.put(CLUSTER_POLICIES, annotated);
  const { metadata } = server.put(PODS, pod('web'));
  await runAudit(await options(policies.url));
  const report = server.store.get(POLICY_REPORTS, 'team', metadata.uid ?? '');
  assert.equal(report.metadata.labels?.['app.kubernetes.io/managed-by'], 'kubewarden');
  assert.equal(report.metadata.labels?.['kubewarden.io/policyreport-version'], 'v2');
  assert.match(report.metadata.labels?.[RUN_UID_LABEL] ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual(report.metadata.ownerReferences, [
    { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: metadata.uid },
  ]);
  const { uid, resourceVersion } = metadata;
  assert.deepEqual(report['scope'], {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: 'team',
    name: 'web',
    uid,
    resourceVersion,
  });
  const [result, ...others] = report['results'] as readonly Record<string, unknown>[];
  assert.deepEqual(others, []);
  assert.deepEqual(
    { ...result, timestamp: undefined },
    {
      source: 'kubewarden',
      policy: 'cap..team',
      category: 'Labels',
      severity: 'medium',
      result: 'fail',
      scored: true,
      resourceSelector: {},
      message: 'no team label',
      timestamp: undefined,
      properties: {
        mutating: 'true',
        'context-aware': 'true',
        'policy-name': 'team',
        'policy-uid': stored.metadata.uid,
        'policy-resource-version': stored.metadata.resourceVersion,
        'policy-generation': '1',
      },
    },
  );
});

test('reports of objects that nobody audits any more are removed, and only those', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, () => ({ allowed: true }));
  server.put(CLUSTER_POLICIES, clusterPolicy('a', { objectSelector: { matchLabels: { audited: 'yes' } } }));
  server.put(PODS, pod('stays', { audited: 'yes' }));
  server.put(PODS, pod('leaves', { audited: 'yes' }));
  server.put(PODS, pod('never'));
  const labels = { 'app.kubernetes.io/managed-by': 'other' };
  const foreign = { metadata: { namespace: 'team', name: 'foreign', labels }, scope: { name: 'foreign' } };
  server.put(POLICY_REPORTS, foreign);
  await runAudit(await options(policies.url));
  assert.deepEqual([...reportsIn(server).keys()].sort(), ['foreign', 'leaves', 'stays']);
  server.put(PODS, pod('leaves'));
  await runAudit(await options(policies.url));
  assert.deepEqual([...reportsIn(server).keys()].sort(), ['foreign', 'stays']);
});

test('a kind that can not be listed keeps its reports, and the run is not complete', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, () => ({ allowed: true }));
  const rules = [
    {
      apiGroups: ['', 'apps'],
      apiVersions: ['v1'],
      operations: ['*'],
      resources: ['pods', 'deployments', 'pods/exec', 'nonsense'],
    },
  ];
  server.put(CLUSTER_POLICIES, clusterPolicy('a', { rules }));
  server.put(PODS, pod('web'));
  server.put(DEPLOYMENTS, { metadata: { namespace: 'team', name: 'dep' } });
  assert.equal((await runAudit(await options(policies.url))).complete, true);
  const before = reportsIn(server).get('web')?.metadata.resourceVersion;
  server.inject({
    match: ({ path }) => path === '/api/v1/pods',
    times: 50,
    action: { type: 'status', status: 403, reason: 'Forbidden' },
  });
  const { complete, document } = await runAudit(await options(policies.url));
  assert.equal(complete, false);
  assert.match(document.problems.join(), /v1 pods: .*injected/);
  assert.equal(reportsIn(server).get('web')?.metadata.resourceVersion, before);
  assert.equal(document.totals.objects, 1);
});

test('with the store disabled nothing is written and nothing removed', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, () => ({ allowed: true }));
  server.put(CLUSTER_POLICIES, clusterPolicy('a'));
  server.put(PODS, pod('web'));
  await runAudit(await options(policies.url));
  server.store.remove(PODS, 'team', 'web');
  const { store: _store, ...rest } = await options(policies.url);
  const writes = server.requests.filter(({ method }) => method !== 'GET').length;
  await runAudit(rest);
  assert.equal(server.requests.filter(({ method }) => method !== 'GET').length, writes);
  assert.equal(reportsIn(server).size, 1);
});

test('namespaces, cluster objects and the stack itself are in or out as they are for the webhook', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, () => ({ allowed: true }));
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['*'] }];
  server.put(CLUSTER_POLICIES, clusterPolicy('all', { rules, namespaceSelector: { matchLabels: { env: 'prod' } } }));
  server.put(NAMESPACES, namespace('prod', { env: 'prod' }));
  server.put(NAMESPACES, namespace('skipped', { env: 'prod' }));
  for (const where of ['team', 'prod', 'skipped', 'kubewarden']) server.put(PODS, pod(`in-${where}`, {}, where));
  const given = await options(policies.url);
  await runAudit({ ...given, ignoreNamespaces: new Set(['skipped']) });
  assert.deepEqual([...reportsIn(server).keys()], ['in-prod']);
  assert.deepEqual([...reportsIn(server, CLUSTER_POLICY_REPORTS).keys()].sort(), ['prod', 'skipped']);
  const asked = policies.asked.find(({ request }) => recordAt(request, 'kind')['kind'] === 'Namespace');
  assert.equal(asked?.request['namespace'], asked?.request['name']);
});

for (const [what, more, expected] of [
  ['one namespace', { namespace: 'team' }, { namespaced: ['web'], cluster: [] }],
  ['the cluster alone', { clusterOnly: true }, { namespaced: [], cluster: ['kubewarden', 'team', 'two'] }],
] as const) {
  test(`${what} can be audited by itself`, async (t) => {
    const { server, options } = await testCluster(t);
    const policies = await fakePolicyServer(t, () => ({ allowed: true }));
    const rules = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE'], resources: ['pods', 'namespaces'] }];
    server.put(CLUSTER_POLICIES, clusterPolicy('all', { rules, allowInsideAdmissionControllerNamespace: true }));
    server.put(NAMESPACES, namespace('two'));
    server.put(PODS, pod('web'));
    server.put(PODS, pod('other', {}, 'two'));
    await runAudit({ ...(await options(policies.url)), ...more });
    assert.deepEqual([...reportsIn(server).keys()].sort(), expected.namespaced);
    assert.deepEqual([...reportsIn(server, CLUSTER_POLICY_REPORTS).keys()].sort(), expected.cluster);
  });
}

test('match conditions decide as they do for the webhook', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, () => ({ allowed: true }));
  const conditions = (expression: string, failurePolicy = 'Fail'): object => ({
    failurePolicy,
    matchConditions: [{ name: 'c', expression }],
  });
  server.put(
    CLUSTER_POLICIES,
    clusterPolicy(
      'match',
      conditions(
        'object.metadata.name == "web" && request.dryRun && request.userInfo.username == "system:serviceaccount:kubewarden:audit-scanner"',
      ),
    ),
  );
  server.put(CLUSTER_POLICIES, clusterPolicy('mismatch', conditions('request.operation == "UPDATE"')));
  server.put(CLUSTER_POLICIES, clusterPolicy('error', conditions('object.nothing == 1')));
  server.put(CLUSTER_POLICIES, clusterPolicy('ignored', conditions('object.nothing == 1', 'Ignore')));
  server.put(PODS, pod('web'));
  const { document } = await runAudit(await options(policies.url));
  assert.deepEqual(
    policies.asked.map(({ policy }) => policy),
    ['cap..match'],
  );
  assert.deepEqual(
    document.findings.map(({ policy, outcome }) => [policy, outcome]),
    [['cap..error', 'error']],
  );
});

test('a policy whose server is missing has an error on each of its objects', async (t) => {
  const { server, options } = await testCluster(t);
  server.put(CLUSTER_POLICIES, clusterPolicy('a', { policyServer: 'gone' }));
  server.put(CLUSTER_POLICIES, clusterPolicy('b', { policyServer: 'here' }));
  server.put(POLICY_SERVERS, { metadata: { name: 'here' }, spec: {} });
  const labels = { 'app.kubernetes.io/instance': 'policy-server-here' };
  const service = {
    metadata: { namespace: 'kubewarden', name: 'policy-server-here', labels },
    spec: { ports: [{ port: 443 }] },
  };
  server.put(SERVICES, service);
  server.put(PODS, pod('web'));
  const given = { ...(await options('')), policyServerUrl: undefined };
  const asked: string[] = [];
  const evaluator = { evaluate: async ({ id }: { readonly id: string }) => (asked.push(id), { allowed: true }) };
  const { document } = await runAudit({ ...given, evaluator });
  assert.deepEqual(asked, ['cap..b']);
  assert.deepEqual(
    document.findings.map(({ message }) => message),
    ['there is no policy server gone'],
  );
});

test('open reports take the place of policy reports', async (t) => {
  const { server, options } = await testCluster(
    t,
    RESOURCES.filter(({ group }) => group !== 'wgpolicyk8s.io'),
  );
  const policies = await fakePolicyServer(t, () => ({ allowed: true }));
  server.put(CLUSTER_POLICIES, clusterPolicy('a'));
  server.put(PODS, pod('web'));
  await runAudit(await options(policies.url));
  const report = reportsIn(server, REPORTS).get('web');
  assert.deepEqual([report?.apiVersion, report?.kind], ['openreports.io/v1alpha1', 'Report']);
  await assert.rejects(options(policies.url, 'policyreport'), { code: 'no-report-kind' });
});

test('a server that is gone for a while costs time and nothing else', async (t) => {
  const { server, options } = await testCluster(t);
  let goneUntil = 0;
  const policies = await fakePolicyServer(t, ({ request }) => {
    if (request['name'] === 'pod-9' && goneUntil === 0) goneUntil = performance.now() + 500;
    return performance.now() < goneUntil ? 'drop' : { allowed: true };
  });
  server.put(CLUSTER_POLICIES, clusterPolicy('a'));
  for (let at = 0; at < 40; at += 1) server.put(PODS, pod(`pod-${at}`));
  const { document } = await runAudit({ ...(await options(policies.url)), patienceMs: 30_000 });
  assert.deepEqual(document.totals.summary, { pass: 40, fail: 0, warn: 0, error: 0, skip: 0 });
});

test('a server that stays gone leaves errors, without a wait for each object', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, ({ policy }) => (policy === 'cap..gone' ? 'drop' : { allowed: true }));
  server.put(CLUSTER_POLICIES, clusterPolicy('gone'));
  for (let at = 0; at < 40; at += 1) server.put(PODS, pod(`pod-${at}`));
  const startedAt = performance.now();
  const { document } = await runAudit({ ...(await options(policies.url)), patienceMs: 300 });
  assert.equal(document.totals.summary.error, 40);
  assert.ok(performance.now() - startedAt < 5000);
  assert.match(document.findings[0]?.message ?? '', /^the policy server can't be reached/);
});

test('a run that is killed goes on where it was, and counts nothing twice', async (t) => {
  const { server, options } = await testCluster(t);
  const stopping = new AbortController();
  const policies = await fakePolicyServer(t, ({ request }) => {
    if (request['name'] === 'pod-25') stopping.abort(new Error('killed'));
    return { allowed: request['name'] !== 'pod-03' };
  });
  server.put(CLUSTER_POLICIES, clusterPolicy('a'));
  for (let at = 0; at < 40; at += 1) server.put(PODS, pod(`pod-${String(at).padStart(2, '0')}`));
  const file = join(tmpdir(), randomUUID());
  const given = { ...(await options(policies.url)), parallelObjects: 3, checkpoints: fileCheckpoints(file) };
  await assert.rejects(runAudit({ ...given, signal: stopping.signal }), /killed/);
  const first = policies.asked.length;
  const { document } = await runAudit(given);
  assert.equal(document.run.resumed, true);
  assert.deepEqual(document.totals, { objects: 40, summary: { pass: 39, fail: 1, warn: 0, error: 0, skip: 0 } });
  assert.equal(document.findings.length, 1);
  assert.ok(policies.asked.length - first < 20, `${policies.asked.length - first} evaluations after ${first}`);
  const runs = new Set([...reportsIn(server).values()].map(({ metadata }) => metadata.labels?.[RUN_UID_LABEL]));
  assert.deepEqual([...runs], [document.run.uid]);
  assert.equal(await fileCheckpoints(file).load(), undefined);
});

/** Reports that were written, in the order in which they were. */
function writes({ requests }: FakeApiServer, since: number): readonly string[] {
  return requests
    .slice(since)
    .filter(({ method, path }) => method !== 'GET' && path.includes('policyreports'))
    .map(({ method }) => method);
}

test('a report that says it already is not written again, and stays', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, (question) => ({ allowed: labelsIn(question)['bad'] === undefined }));
  server.put(CLUSTER_POLICIES, clusterPolicy('a'));
  for (const name of ['one', 'two', 'three']) server.put(PODS, pod(name));
  const metrics = createMetrics();
  await runAudit(await options(policies.url));
  const before = server.requests.length;
  // Another process, which knows nothing of what the first has done.
  const again = await runAudit({ ...(await options(policies.url)), metrics });
  assert.deepEqual(writes(server, before), []);
  assert.equal(again.document.totals.summary.pass, 3);
  assert.match(metrics.text(), /^ostiary_audit_reports_unchanged_total 3$/m);
  server.put(PODS, pod('two', { bad: 'yes' }));
  const changed = server.requests.length;
  await runAudit(await options(policies.url));
  assert.deepEqual(writes(server, changed), ['PATCH']);
  assert.deepEqual(reportsIn(server).get('two')?.['summary'], { pass: 0, fail: 1, warn: 0, error: 0, skip: 0 });
  assert.deepEqual([...reportsIn(server).keys()].sort(), ['one', 'three', 'two']);
});

test('a report whose results somebody else has changed is written again', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, () => ({ allowed: false }));
  server.put(CLUSTER_POLICIES, clusterPolicy('a'));
  server.put(PODS, pod('web'));
  await runAudit(await options(policies.url));
  const [right] = reportsIn(server).values();
  assert.ok(right);
  const [result] = right['results'] as readonly object[];
  // As an API server notes it: who changes a field takes it from its manager.
  const managedFields = [
    { manager: 'ostiary-audit', operation: 'Update', fieldsV1: { 'f:scope': {}, 'f:summary': { 'f:pass': {} } } },
    { manager: 'somebody', operation: 'Update', fieldsV1: { 'f:results': {} } },
  ];
  const metadata = { ...right.metadata, managedFields };
  server.put(POLICY_REPORTS, { ...right, metadata, results: [{ ...result, result: 'pass' }] });
  await runAudit(await options(policies.url));
  const outcomes = reportsIn(server).get('web')?.['results'] as readonly { readonly result: string }[];
  assert.deepEqual(
    outcomes.map((one) => one.result),
    ['fail'],
  );
});

test('when no policy looks into the namespace of the stack any more, its reports go; those of ignored ones stay', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, () => ({ allowed: true }));
  server.put(CLUSTER_POLICIES, clusterPolicy('inside', { allowInsideAdmissionControllerNamespace: true }));
  server.put(CLUSTER_POLICIES, clusterPolicy('outside'));
  server.put(NAMESPACES, namespace('ignored'));
  for (const where of ['team', 'kubewarden', 'ignored']) server.put(PODS, pod(`in-${where}`, {}, where));
  await runAudit(await options(policies.url));
  assert.deepEqual([...reportsIn(server).keys()].sort(), ['in-ignored', 'in-kubewarden', 'in-team']);
  server.store.remove(CLUSTER_POLICIES, undefined, 'inside');
  await runAudit({ ...(await options(policies.url)), ignoreNamespaces: new Set(['ignored']) });
  assert.deepEqual([...reportsIn(server).keys()].sort(), ['in-ignored', 'in-team']);
});

test('reports that an interrupted run found unchanged survive the process that ends it', async (t) => {
  const { server, options } = await testCluster(t);
  const stopping = new AbortController();
  let isSecond = false;
  const policies = await fakePolicyServer(t, ({ request }) => {
    if (isSecond && request['name'] === 'pod-25') stopping.abort(new Error('killed'));
    return { allowed: true };
  });
  server.put(CLUSTER_POLICIES, clusterPolicy('a', { objectSelector: { matchLabels: { audited: 'yes' } } }));
  const nameOf = (at: number): string => `pod-${String(at).padStart(2, '0')}`;
  for (let at = 0; at < 40; at += 1) server.put(PODS, pod(nameOf(at), { audited: 'yes' }));
  await runAudit(await options(policies.url));
  assert.equal(reportsIn(server).size, 40);
  isSecond = true;
  server.put(PODS, pod('pod-03'));
  const checkpoints = fileCheckpoints(join(tmpdir(), randomUUID()));
  const given = async (): Promise<AuditOptions> => ({
    ...(await options(policies.url)),
    parallelObjects: 3,
    checkpoints,
  });
  await assert.rejects(runAudit({ ...(await given()), signal: stopping.signal }), /killed/);
  const { document } = await runAudit(await given());
  assert.equal(document.run.resumed, true);
  const expected = Array.from({ length: 40 }, (_, at) => nameOf(at)).filter((name) => name !== 'pod-03');
  assert.deepEqual([...reportsIn(server).keys()].sort(), expected);
});

test('numbers beyond what a double holds reach the policy as they are', async (t) => {
  const { server, options } = await testCluster(t);
  const bodies: string[] = [];
  const evaluator = {
    evaluate: async (_: unknown, review: Uint8Array) => (
      bodies.push(Buffer.from(review).toString()),
      { allowed: true }
    ),
  };
  server.put(CLUSTER_POLICIES, clusterPolicy('a'));
  const body = JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: '1' }, items: [pod('web')] }).replace(
    '"containers":[]',
    '"x":12345678901234567890',
  );
  server.inject({ match: ({ path }) => path === '/api/v1/pods', action: { type: 'answer', body } });
  await runAudit({ ...(await options('http://unused')), store: undefined, evaluator });
  assert.match(bodies[0] ?? '', /"x":12345678901234567890/);
});

test('reports are handed over as they are found', async (t) => {
  const { server, options } = await testCluster(t);
  const policies = await fakePolicyServer(t, (question) => ({ allowed: labelsIn(question)['team'] !== undefined }));
  server.put(CLUSTER_POLICIES, clusterPolicy('a'));
  server.put(PODS, pod('web', { team: 'x' }));
  const seen: ObjectReport[] = [];
  await runAudit({ ...(await options(policies.url)), onReport: (report) => seen.push(report) });
  assert.equal(textAt(seen[0]?.object.metadata, 'name'), 'web');
});
