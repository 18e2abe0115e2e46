import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import {
  apply,
  create,
  createDiscovery,
  createEventRecorder,
  createInformer,
  createKubeClient,
  createReflector,
  deleteCollection,
  get,
  isKubeError,
  LEASES,
  list,
  loadKubeConfig,
  patch,
  remove,
  resource,
  runLeaderElection,
  systemClock,
  update,
  type KubeClient,
  type KubeObject,
  type Lease,
} from '@ostiary/kube';
import { startCluster, type Cluster } from '../cluster.ts';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const CONFIG_MAPS = resource('v1', 'ConfigMap', 'configmaps');
const CRDS = resource('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', {
  namespaced: false,
});

let cluster: Cluster;
let client: KubeClient;

before(async () => {
  cluster = await startCluster();
  client = createKubeClient(await loadKubeConfig({ path: cluster.adminKubeconfig }));
});

after(async () => {
  await client.close();
  await cluster.stop();
});

const namespace = 'default';
const configMap = (
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name, labels },
  data,
});

async function until(condition: () => boolean, what: string, timeoutMs = 30_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    assert.ok(performance.now() < end, what);
    await sleep(10);
  }
}

test('a custom resource that appears is found, written to and followed', async (t) => {
  const discovery = createDiscovery(client, { clock: { ...systemClock, now: () => performance.now() * 100 } });
  const query = { apiVersion: 'example.com/v1', kind: 'Widget' };
  assert.equal(await discovery.resourceFor(query), undefined);
  const pods = await discovery.resourceFor({ apiVersion: 'v1', kind: 'Pod' });
  assert.equal(pods?.plural, 'pods');
  assert.equal(pods.namespaced, true);
  assert.ok(pods.subresources.includes('status') && pods.verbs.includes('watch'));
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: schema },
    subresources: { status: {} },
  };
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      names: { plural: 'widgets', kind: 'Widget' },
      scope: 'Namespaced',
      versions: [version],
    },
  };
  await apply(client, CRDS, crd, { fieldManager: 'e2e' });
  const started = performance.now();
  let widgets = await discovery.resourceFor(query);
  while (widgets === undefined) {
    assert.ok(performance.now() - started < 20_000);
    await sleep(100);
    widgets = await discovery.resourceFor(query);
  }
  assert.deepEqual(widgets.subresources, ['status']);
  t.diagnostic(`found after ${Math.round(performance.now() - started)} ms`);
  const reflector = createReflector({ client, resource: widgets, keepRaw: true });
  t.after(() => reflector.stop());
  await reflector.ready(20_000);
  const widget = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { namespace, name: 'w' },
    spec: { size: 1 },
  };
  await create(client, widgets, widget);
  await until(() => reflector.size === 1, 'the widget');
  const status = { status: { phase: 'Ready' } };
  await patch(client, widgets, { namespace, name: 'w' }, status, { subresource: 'status' });
  await until(() => Buffer.from(reflector.raw(namespace, 'w') ?? []).includes('"phase":"Ready"'), 'the status');
  // The fallback for servers without aggregated discovery reads the same.
  const plain = createDiscovery({
    ...client,
    json: (request) => client.json({ ...request, headers: { accept: 'application/json' } }),
  });
  const sorted = (all: readonly object[]): string[] => all.map((one) => JSON.stringify(one)).toSorted();
  const [first, second] = [await discovery.all(), await plain.all()];
  const names = (all: typeof first): object[] =>
    all.map(({ group, version, plural, kind, namespaced }) => ({ group, version, plural, kind, namespaced }));
  assert.deepEqual(sorted(names(first)), sorted(names(second)));
});

test('a reflector follows 200 changes through a restart of the API server, and equals a fresh list', async (t) => {
  const labelSelector = { matchLabels: { test: 'follow' } };
  const informer = createInformer<ConfigMap>({ client, resource: CONFIG_MAPS, namespace, labelSelector, pageSize: 7 });
  t.after(() => informer.stop());
  for (let index = 0; index < 20; index += 1)
    await create(client, CONFIG_MAPS, configMap(`f${index}`, {}, { test: 'follow' }));
  await informer.ready(20_000);
  const change = async (index: number): Promise<void> => {
    const name = `f${index % 40}`;
    const exists = informer.get(namespace, name) !== undefined;
    if (index % 7 === 0 && exists) return remove(client, CONFIG_MAPS, { namespace, name }).catch(ignoreNotFound);
    await apply(client, CONFIG_MAPS, configMap(name, { n: String(index) }, { test: 'follow' }), {
      fieldManager: 'e2e',
    });
  };
  for (let index = 0; index < 100; index += 1) await change(index);
  await cluster.restartApiServer();
  const restarted = performance.now();
  for (let index = 100; index < 200; index += 1) await change(index);
  const fresh = await Array.fromAsync(
    list<ConfigMap>(client, { resource: CONFIG_MAPS, namespace, labelSelector }, { pageSize: 6 }),
  );
  const versions = (all: readonly ConfigMap[]): string[] =>
    all.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).toSorted();
  await until(() => versions(informer.list()).join() === versions(fresh).join(), 'the reflector to catch up', 60_000);
  await until(() => informer.state === 'synced', 'synced');
  t.diagnostic(`caught up ${Math.round(performance.now() - restarted)} ms after the restart; ${fresh.length} objects`);
  await deleteCollection(client, { resource: CONFIG_MAPS, namespace, labelSelector });
  await until(() => informer.size === 0, 'the deletion');
});

test('a watch from a version that the server no longer knows is gone', async () => {
  const stream = client.stream({ path: '/api/v1/configmaps', query: { watch: 1, resourceVersion: 1 } });
  const answer = await Array.fromAsync(stream).then(
    (chunks) => Buffer.concat(chunks).toString(),
    (error: unknown) => (isKubeError(error) ? error.code : ''),
  );
  assert.match(answer, /"code":410|gone/);
});

test('writes: apply with a conflict, optimistic locking, preconditions, dry run', async () => {
  const mine = { fieldManager: 'a' };
  const object = await apply(client, CONFIG_MAPS, configMap('written', { x: '1', y: '1' }), mine);
  const theirs = configMap('written', { x: '2' });
  await assert.rejects(apply(client, CONFIG_MAPS, theirs, { fieldManager: 'b', force: false }), (error) => {
    assert.ok(isKubeError(error, 'conflict'));
    assert.equal(error.causes[0]?.field, '.data.x');
    return true;
  });
  assert.deepEqual((await apply(client, CONFIG_MAPS, theirs, { fieldManager: 'b' })).data, { x: '2', y: '1' });
  await assert.rejects(update(client, CONFIG_MAPS, { ...object, data: {} }), { code: 'conflict' });
  await assert.rejects(create(client, CONFIG_MAPS, theirs), { code: 'already-exists' });
  await create(client, CONFIG_MAPS, configMap('dry'), { dryRun: true });
  await assert.rejects(get(client, CONFIG_MAPS, { namespace, name: 'dry' }), { code: 'not-found' });
  await assert.rejects(create(client, CONFIG_MAPS, configMap('Not A Name')), { code: 'invalid', status: 422 });
  const ref = { namespace, name: 'written' };
  const patched = await patch<ConfigMap>(client, CONFIG_MAPS, ref, [{ op: 'remove', path: '/data/y' }], {
    type: 'json',
  });
  assert.deepEqual(patched.data, { x: '2' });
  await assert.rejects(remove(client, CONFIG_MAPS, ref, { preconditions: { uid: 'other' } }), { code: 'conflict' });
  await remove(client, CONFIG_MAPS, ref, { preconditions: { uid: object.metadata.uid }, propagation: 'Background' });
  await assert.rejects(remove(client, CONFIG_MAPS, ref), { code: 'not-found' });
});

test('a lease passes on when its holder falls silent, and at once when it is given back', async (t) => {
  const name = 'handover';
  const heard: string[] = [];
  const candidate = (identity: string, asked: KubeClient, signal: AbortSignal) =>
    runLeaderElection({
      client: asked,
      namespace,
      name,
      identity,
      signal,
      onStarted: () => void heard.push(`${identity} starts`),
      onStopped: () => void heard.push(`${identity} stops`),
    });
  const stop = { a: new AbortController(), b: new AbortController(), c: new AbortController() };
  // The first can be cut off from the API server; its clock is an hour ahead, as is what it writes.
  let cut = false;
  const unreliable: KubeClient = {
    ...client,
    json: (request) => (cut ? Promise.reject(new Error('cut off')) : client.json(request)),
  };
  const first = runLeaderElection({
    client: unreliable,
    namespace,
    name,
    identity: 'a',
    signal: stop.a.signal,
    clock: { ...systemClock, date: () => new Date(Date.now() + 3_600_000) },
    onStarted: () => void heard.push('a starts'),
    onStopped: () => void heard.push('a stops'),
  });
  await until(() => heard.length === 1, 'a to lead');
  const second = candidate('b', client, stop.b.signal);
  await sleep(3000);
  assert.deepEqual(heard, ['a starts']);
  cut = true;
  const silent = performance.now();
  await until(() => heard.includes('b starts'), 'b to lead', 25_000);
  const tookMs = performance.now() - silent;
  t.diagnostic(`silent leader replaced after ${Math.round(tookMs)} ms`);
  assert.ok(tookMs < 20_000);
  assert.deepEqual(heard, ['a starts', 'a stops', 'b starts']);
  assert.equal(await first, 'lost');
  const third = candidate('c', client, stop.c.signal);
  await sleep(500);
  stop.b.abort();
  assert.equal(await second, 'cancelled');
  const released = performance.now();
  await until(() => heard.includes('c starts'), 'c to lead');
  t.diagnostic(`released lease taken after ${Math.round(performance.now() - released)} ms`);
  assert.ok(performance.now() - released < 4000);
  assert.equal((await get<Lease>(client, LEASES, { namespace, name })).spec?.leaseTransitions, 2);
  stop.c.abort();
  await third;
});

test('events are written and counted', async () => {
  const errors: unknown[] = [];
  const recorder = createEventRecorder(client, {
    component: 'example.com/e2e',
    reportingInstance: 'e2e-0',
    onError: (error) => errors.push(error),
  });
  const regarding = await create(client, CONFIG_MAPS, configMap('eventful'));
  const event = { type: 'Warning', reason: 'TestFailed', action: 'Testing', note: 'as expected' } as const;
  for (let index = 0; index < 3; index += 1) recorder.record(regarding, event);
  recorder.record({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }, event);
  await recorder.flush();
  assert.deepEqual(errors, []);
  const { stdout } = await cluster.kubectl(['get', 'events', '-o', 'json']);
  const events: readonly {
    readonly reason: string;
    readonly series?: { readonly count: number };
    readonly involvedObject: { readonly name: string };
  }[] = JSON.parse(stdout).items;
  const own = events.filter(({ reason }) => reason === 'TestFailed');
  assert.equal(own.find(({ involvedObject }) => involvedObject.name === 'eventful')?.series?.count, 3);
  assert.equal(own.length, 2);
});

function ignoreNotFound(error: unknown): void {
  if (!isKubeError(error, 'not-found')) throw error;
}
