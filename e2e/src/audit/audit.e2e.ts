import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { auditContinuously, runAudit, type RunDocument } from '@ostiary/audit';
import { create, isKubeError, resource, type ApiResource, type KubeObject } from '@ostiary/kube';
import { removeNow } from '../cleanup.ts';
import { ROOT } from '../ostiary.ts';
import { startPolicyServer, type PolicyServer } from '../policies/server.ts';
import {
  all,
  CLUSTER_POLICY_REPORT,
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

  test('a process that is killed is gone on with by another', async () => {
    await stand.policy('killed');
    recorder.asked.length = 0;
    recorder.answer = async () => {
      await sleep(150);
      return { allowed: true };
    };
    const checkpoint = join(stand.dir, 'checkpoint.json');
    const output = join(stand.dir, 'run.json');
    const args = [
      'audit',
      '-n',
      'team',
      '-u',
      recorder.url,
      '-f',
      caFile,
      '--kubeconfig',
      stand.cluster.adminKubeconfig,
    ];
    const more = [
      '--checkpoint',
      checkpoint,
      '--parallel-resources',
      '1',
      '--output',
      `json=${output}`,
      '--loglevel',
      'error',
    ];
    const child = spawn(process.execPath, [join(ROOT, 'packages/cli/bin/ostiary.js'), ...args, ...more], {
      stdio: 'inherit',
    });
    const exit = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    // The first note is written after five seconds.
    for (let waited = 0; waited < 40_000 && !(await exists(checkpoint)); waited += 50) await sleep(50);
    child.kill('SIGKILL');
    await exit;
    const first = recorder.asked.length;
    const total = (await all(stand.client, CONFIG_MAPS, 'team')).length;
    assert.ok(first < total, `${first} of ${total} before it was killed`);
    recorder.answer = async () => ({ allowed: true });
    const again = spawn(process.execPath, [join(ROOT, 'packages/cli/bin/ostiary.js'), ...args, ...more], {
      stdio: 'inherit',
    });
    const code = await new Promise((resolve) => {
      again.once('exit', resolve);
    });
    assert.equal(code, 0);
    const document = JSON.parse(await readFile(output, 'utf8')) as RunDocument;
    assert.equal(document.run.resumed, true);
    assert.equal(document.totals.objects, total);
    assert.ok(recorder.asked.length - first < total, `${recorder.asked.length - first} more after ${first}`);
    assert.equal(await exists(checkpoint), false);
    await stand.remove('clusteradmissionpolicy', 'killed');
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

suite('an audit beside the gate', () => {
  let stand: Stand;
  let server: PolicyServer;
  let dir: string;

  before(async () => {
    stand = await startStand();
    dir = await mkdtemp(join(tmpdir(), 'ostiary-audit-'));
    const settings = { mandatory_annotations: ['owner'], denied_annotations: ['forbidden'] };
    const module = `file://${join(ROOT, 'examples/safe-annotations/build/safe-annotations.wasm')}`;
    server = await startPolicyServer({
      dir,
      form: 'flags',
      policies: { 'kw.cap.annotations': { module, policyMode: 'protect', allowedToMutate: false, settings } },
    });
    await writeFile(join(dir, 'ca.pem'), server.caPem);
  });

  after(async () => {
    await server.stop();
    await stand.stop();
    removeNow(dir);
  });

  test('says of every object what admission says', async () => {
    const annotation = fc.record(
      { owner: fc.constantFrom('me', ''), forbidden: fc.constant('x'), tier: fc.constantFrom('gold', 'lead') },
      { requiredKeys: [] },
    );
    const samples = fc.sample(annotation, 24);
    const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['namespaces'] }];
    const object = (name: string, annotations: object): Full => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { sample: 'yes' }, annotations: annotations as Record<string, string> },
    });
    for (const [at, annotations] of samples.entries())
      await create(stand.client, NAMESPACES, object(`sample-${at}`, annotations));
    await stand.policy('annotations', { rules, objectSelector: { matchLabels: { sample: 'yes' } } });
    await stand.apply(webhook(server, '/validate/kw.cap.annotations', rules, { matchLabels: { sample: 'yes' } }));
    await sleep(1000);
    const { document } = await runAudit({
      ...(await stand.options(server.url, join(dir, 'ca.pem'))),
      clusterOnly: true,
    });
    const reports = await all(stand.client, CLUSTER_POLICY_REPORT);
    assert.equal(document.totals.objects, samples.length);
    const seen = new Set<string>();
    for (const [at, annotations] of samples.entries()) {
      const gate = await admitted(stand, object(`sample-${at}-again`, annotations));
      const [result] = report(reports, `sample-${at}`)['results'] as readonly Json[];
      const audit = result?.['result'] === 'pass' ? undefined : String(result?.['message']);
      assert.ok(
        audit === undefined ? gate === undefined : gate?.includes(audit),
        `${JSON.stringify(annotations)}: ${gate} / ${audit}`,
      );
      seen.add(String(result?.['result']));
    }
    assert.deepEqual([...seen].sort(), ['fail', 'pass']);
  });
});

/** Undefined when admission takes the object, and what it says otherwise. */
async function admitted({ client }: Stand, object: KubeObject): Promise<string | undefined> {
  try {
    await create(client, NAMESPACES, object, { dryRun: true });
    return undefined;
  } catch (error) {
    assert.ok(isKubeError(error), String(error));
    return error.message;
  }
}

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

async function exists(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    () => false,
  );
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 100) {
    assert.ok(waited < 20_000, 'it did not come true');
    await sleep(100);
  }
}
