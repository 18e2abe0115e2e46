import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import { auditContinuously, runAudit } from '@ostiary/audit';
import { create, resource, type ApiResource, type KubeObject } from '@ostiary/kube';
import {
  all,
  CONFIG_MAPS,
  OPEN_REPORT,
  POLICY_REPORT,
  startRecorder,
  startStand,
  type Recorder,
  type Stand,
} from './stand.ts';

const NAMESPACES = resource('v1', 'Namespace', 'namespaces', { namespaced: false });
const DEPLOYMENTS = resource('apps/v1', 'Deployment', 'deployments');
const SCALERS = resource('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers');
const CLUSTER_ROLES = resource('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', { namespaced: false });

type Json = Readonly<Record<string, unknown>>;
type Full = KubeObject & Json;

const metadataOf = (name: string, namespace = 'team') => ({ name, namespace });

/** What is called by a name of ours; the API server has objects of its own. */
function report(reports: readonly KubeObject[], name: string): Json {
  const found = reports.find((one) => ((one as Full)['scope'] as Json)['name'] === name);
  assert.ok(found, `there is no report of ${name}`);
  return found as Full;
}

suite('an audit of a real API server', () => {
  let stand: Stand;
  let recorder: Recorder;
  let caFile: string;

  before(async () => {
    stand = await startStand();
    recorder = await startRecorder();
    caFile = join(stand.dir, 'ca.pem');
    await writeFile(caFile, recorder.caPem);
    for (const name of ['team', 'kubewarden'])
      await stand.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  });

  after(async () => {
    await recorder.vanish();
    await stand.stop();
  });

  for (const [kind, plural] of [
    ['policyreport', POLICY_REPORT],
    ['openreports', OPEN_REPORT],
  ] as const) {
    test(`reports are what the ${kind} resources take`, async () => {
      for (const name of ['one', 'two', 'three', 'broken']) await stand.policy(name);
      await stand.policy('later', {}, 'pending');
      await stand.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: metadataOf('kept'), data: {} });
      await stand.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: metadataOf('removed'), data: {} });
      recorder.answer = async ({ path }) => {
        // Longer than the policy waits.
        if (path.endsWith('broken')) await sleep(2500);
        return { allowed: !path.endsWith('two'), message: 'because' };
      };
      await stand.policy('broken', { timeoutSeconds: 2 });
      const given = await stand.options(recorder.url, caFile, kind);
      const { document, complete } = await runAudit({ ...given, namespace: 'team' });
      assert.deepEqual([complete, document.problems], [true, []]);
      const reports = await all(stand.client, plural, 'team');
      const kept = report(reports, 'kept');
      assert.deepEqual(kept['summary'], { pass: 2, fail: 1, warn: 0, error: 1, skip: 1 });
      assert.equal((kept['results'] as readonly Json[]).length, 4);
      const shown = await stand.cluster.kubectl(['get', plural.plural + '.' + plural.group, '-n', 'team']);
      assert.match(shown.stdout, /KIND +PASS +FAIL +WARN +ERROR +SKIP +AGE\n.*ConfigMap +2 +1 +0 +1 +1/);
      // Nothing collects garbage here: the object's report is stale until the next run.
      await stand.cluster.kubectl(['delete', 'configmap', 'removed', '-n', 'team']);
      await runAudit({ ...given, namespace: 'team' });
      const left = (await all(stand.client, plural, 'team')).map((one) => ((one as Full)['scope'] as Json)['name']);
      assert.ok(left.includes('kept') && !left.includes('removed'), left.join());
      for (const name of ['one', 'two', 'three', 'broken', 'later']) await stand.remove('clusteradmissionpolicy', name);
    });
  }

  test('requests are those that the API server sends', async () => {
    recorder.answer = async () => ({ allowed: true });
    const rules = [
      { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps', 'namespaces'] },
      { apiGroups: ['apps'], apiVersions: ['*'], operations: ['*'], resources: ['deployments'] },
      {
        apiGroups: ['autoscaling'],
        apiVersions: ['v1'],
        operations: ['CREATE'],
        resources: ['horizontalpodautoscalers'],
      },
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        apiVersions: ['v1'],
        operations: ['CREATE'],
        resources: ['clusterroles'],
        scope: 'Cluster',
      },
    ];
    const objectSelector = { matchLabels: { compared: 'yes' } };
    await stand.policy('compared', { rules, objectSelector });
    await stand.apply(webhook(recorder, '/validate/kw.cap.compared', rules, objectSelector));
    await sleep(500);
    const labels = { compared: 'yes' };
    const selector = { matchLabels: { app: 'x' } };
    const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const objects: readonly (readonly [ApiResource, object])[] = [
      [CONFIG_MAPS, { metadata: { ...metadataOf('compared'), labels } }],
      [NAMESPACES, { metadata: { name: 'compared', labels } }],
      [DEPLOYMENTS, { metadata: { ...metadataOf('compared'), labels }, spec: { selector, template } }],
      [CLUSTER_ROLES, { metadata: { name: 'compared', labels }, rules: [] }],
      [
        SCALERS,
        {
          metadata: { ...metadataOf('compared'), labels },
          spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } },
        },
      ],
    ];
    for (const [kind, object] of objects) {
      const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
      await create(stand.client, kind, { apiVersion, kind: kind.kind, ...object } as KubeObject);
    }
    await stand.remove('validatingwebhookconfiguration', 'audit');
    const { document } = await runAudit(await stand.options(recorder.url, caFile));
    assert.equal(document.totals.summary.pass, objects.length);
    const gate = recorder.asked.filter(({ path }) => path.startsWith('/validate/'));
    const audit = recorder.asked.filter(({ path }) => path === '/audit/kw.cap.compared');
    assert.equal(gate.length, objects.length);
    for (const { request } of gate) {
      const own = audit.find((one) => JSON.stringify(one.request['resource']) === JSON.stringify(request['resource']));
      assert.ok(own, JSON.stringify(request['resource']));
      assert.deepEqual(essence(own.request), essence(request));
      assert.deepEqual(Object.keys(own.request).sort(), Object.keys(request).sort());
    }
    await stand.remove('clusteradmissionpolicy', 'compared');
  });

  test('a policy server that is gone for a while costs nothing but time', async () => {
    await stand.policy('outage');
    for (let at = 0; at < 60; at += 1) await create(stand.client, CONFIG_MAPS, configMap(`outage-${at}`));
    recorder.asked.length = 0;
    let isOut = false;
    recorder.answer = async () => {
      if (recorder.asked.length === 20 && !isOut) {
        isOut = true;
        await recorder.vanish();
        void sleep(1500).then(recorder.listen);
      }
      return { allowed: true };
    };
    const { document } = await runAudit({
      ...(await stand.options(recorder.url, caFile)),
      namespace: 'team',
      parallelObjects: 4,
    });
    assert.equal(isOut, true);
    assert.equal(document.totals.summary.error, 0);
    assert.ok(document.totals.summary.pass >= 60);
    await stand.remove('clusteradmissionpolicy', 'outage');
  });

  test('what changes has a new report within seconds', async () => {
    await stand.policy('followed', { objectSelector: { matchLabels: { followed: 'yes' } } });
    recorder.answer = async ({ request }) => ({
      allowed: ((request['object'] as Json)['data'] as Json)['bad'] === undefined,
    });
    const labels = { followed: 'yes' };
    await stand.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...metadataOf('followed'), labels },
      data: { good: '1' },
    });
    const stopping = new AbortController();
    let passes = 0;
    const running = auditContinuously({
      ...(await stand.options(recorder.url, caFile)),
      debounceMs: 100,
      signal: stopping.signal,
      onPass: () => void (passes += 1),
    });
    try {
      await eventually(async () => passes > 0);
      await sleep(500);
      await stand.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { ...metadataOf('followed'), labels },
        data: { bad: '1' },
      });
      await eventually(async () => {
        const own = report(await all(stand.client, POLICY_REPORT, 'team'), 'followed');
        return (own['summary'] as Json)['fail'] === 1;
      });
      await stand.cluster.kubectl(['delete', 'configmap', 'followed', '-n', 'team']);
      await eventually(
        async () =>
          !(await all(stand.client, POLICY_REPORT, 'team')).some(
            (one) => ((one as Full)['scope'] as Json)['name'] === 'followed',
          ),
      );
    } finally {
      stopping.abort();
      await running;
    }
    await stand.remove('clusteradmissionpolicy', 'followed');
  });
});

function webhook(
  { url, caPem }: Pick<Recorder, 'url' | 'caPem'>,
  path: string,
  rules: readonly object[],
  objectSelector: object,
): object {
  const clientConfig = { url: `${url}${path}`, caBundle: Buffer.from(caPem).toString('base64') };
  const one = {
    name: 'audit.ostiary.test',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: 'Fail',
    clientConfig,
    rules,
    objectSelector,
  };
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'audit' },
    webhooks: [one],
  };
}

/** What is the same for an object that is created and for one that has been. */
function essence(request: Json): Json {
  const { kind, resource, requestKind, requestResource, name, namespace, operation, oldObject, options } = request;
  const { kind: optionsKind, apiVersion } = options as Json;
  const { kind: objectKind, apiVersion: objectVersion } = request['object'] as Json;
  return {
    kind,
    resource,
    requestKind,
    requestResource,
    name,
    namespace,
    operation,
    oldObject,
    optionsKind,
    apiVersion,
    objectKind,
    objectVersion,
  };
}

function configMap(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadataOf(name) };
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 100) {
    assert.ok(waited < 20_000, 'it did not come true');
    await sleep(100);
  }
}
