import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeRequest } from '@ostiary/kube/testing';
import { localVersions } from '../contract.ts';
import { apiServer, asking, INGRESSES, NAMESPACES, pod, PODS, until } from '../testing/ask.ts';

const ALL_PODS = { api_version: 'v1', kind: 'Pod' };
const LIST = 'kubernetes/list_resources_all';
const IN_NAMESPACE = 'kubernetes/list_resources_by_namespace';

interface List {
  readonly apiVersion: string;
  readonly kind: string;
  readonly items: readonly { readonly metadata: { readonly name: string; readonly namespace?: string } }[];
}

const names = (list: unknown): string[] =>
  (list as List).items.map(({ metadata: { namespace, name } }) => `${namespace ?? ''}/${name}`);

test('a list of all namespaces, in the order of names, without bookkeeping', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('b', 'x'));
  server.put(
    PODS,
    pod('a', 'z', {}, { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', k: 'v' } }),
  );
  server.put(PODS, pod('a', 'y', {}, { managedFields: [{ manager: 'm' }] }));
  const { json } = asking(t, { kube: async () => server.kubeConfig() });
  const list = (await json(LIST, ALL_PODS)) as List;
  assert.deepEqual(names(list), ['a/y', 'a/z', 'b/x']);
  assert.deepEqual([list.apiVersion, list.kind], ['v1', 'PodList']);
  const [first, second] = list.items as unknown as { metadata: object }[];
  assert.partialDeepStrictEqual(first, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { managedFields: [], annotations: {} },
  });
  assert.partialDeepStrictEqual(second?.metadata, { annotations: { k: 'v' } });
});

test('selectors, masks and namespaces', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('a', 'x', { nodeName: 'n', other: 1 }, { labels: { app: 'web' } }));
  server.put(PODS, pod('a', 'y', {}, { labels: { app: 'db' } }));
  server.put(PODS, pod('b', 'z', {}, { labels: { app: 'web' } }));
  const { json, capabilities } = asking(t, { kube: async () => server.kubeConfig() });
  assert.deepEqual(names(await json(IN_NAMESPACE, { ...ALL_PODS, namespace: 'a' })), ['a/x', 'a/y']);
  assert.deepEqual(names(await json(LIST, { ...ALL_PODS, label_selector: 'app=web' })), ['a/x', 'b/z']);
  assert.deepEqual(names(await json(LIST, { ...ALL_PODS, field_selector: 'metadata.name=y' })), ['a/y']);
  const masked = (await json(IN_NAMESPACE, { ...ALL_PODS, namespace: 'a', field_masks: ['spec.nodeName'] })) as List;
  assert.deepEqual((masked.items[0] as unknown as { spec: object }).spec, { nodeName: 'n' });
  assert.deepEqual(names(await json(IN_NAMESPACE, { ...ALL_PODS, namespace: 'none' })), []);
  assert.equal(capabilities.stats().watches, 4, 'a mask needs no watch of its own');
});

test('a namespace is answered from a list of all, where there is one', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('a', 'x'));
  server.put(PODS, pod('b', 'y'));
  const { json, capabilities } = asking(t, { kube: async () => server.kubeConfig() });
  await json(LIST, ALL_PODS);
  assert.deepEqual(names(await json(IN_NAMESPACE, { ...ALL_PODS, namespace: 'b' })), ['b/y']);
  assert.equal(capabilities.stats().watches, 1);
});

test('many first questions make one list', async (t) => {
  const server = await apiServer(t);
  const { json } = asking(t, { kube: async () => server.kubeConfig() });
  await Promise.all(Array.from({ length: 50 }, (_, index) => json(LIST, ALL_PODS, { policy: `p${index}` })));
  const lists = server.requests.filter(({ path, query }) => path === '/api/v1/pods' && !query.has('watch'));
  assert.equal(lists.length, 1);
});

test('an answer holds until an object changes; then the next one shows it', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('a', 'x'));
  const versions = localVersions();
  const { answered, json } = asking(t, { kube: async () => server.kubeConfig(), versions });
  const { answer, validity } = await answered(LIST, ALL_PODS);
  const again = await answered(LIST, ALL_PODS);
  assert.ok(answer.ok && again.answer.ok);
  assert.equal(again.answer.payload, answer.payload, 'the bytes are made once');
  assert.ok(answer.payload.buffer instanceof SharedArrayBuffer);
  assert.ok(validity.kind === 'version');
  assert.equal(versions.read(validity.slot), validity.version);
  server.put(PODS, pod('a', 'new'));
  await until(() => versions.read(validity.slot) !== validity.version);
  assert.deepEqual(names(await json(LIST, ALL_PODS)), ['a/new', 'a/x']);
  const masked = { ...ALL_PODS, field_masks: ['spec'] };
  assert.deepEqual(names(await json(LIST, masked)), ['a/new', 'a/x']);
});

test('numbers beyond 2^53 and the order of members reach the guest as they are', async (t) => {
  const server = await apiServer(t);
  const item = '{"metadata":{"name":"x","namespace":"a"},"spec":{"z":9007199254740993,"a":1.10}}';
  server.inject({
    match: ({ path, query }) => path === '/api/v1/pods' && !query.has('watch'),
    action: { type: 'answer', body: `{"kind":"PodList","metadata":{"resourceVersion":"1"},"items":[${item}]}` },
  });
  const { answered } = asking(t, { kube: async () => server.kubeConfig() });
  const { answer } = await answered(LIST, { ...ALL_PODS, field_masks: ['spec.z', 'spec.a'] });
  assert.ok(answer.ok);
  assert.match(new TextDecoder().decode(answer.payload.slice()), /"spec":\{"z":9007199254740993,"a":1\.10\}/);
});

test('questions that make no sense', async (t) => {
  const server = await apiServer(t);
  const { error } = asking(t, { kube: async () => server.kubeConfig() });
  const missing = { api_version: 'example.com/v1', kind: 'Missing' };
  const rows = [
    [
      IN_NAMESPACE,
      { api_version: 'v1', kind: 'Namespace', namespace: 'a' },
      /: resource v1\/Namespace is cluster wide\. Cannot search for it inside of a namespace$/,
    ],
    [LIST, missing, /: Cannot find resource example\.com\/v1\/Missing: the API server does not have it$/],
    [
      LIST,
      { ...ALL_PODS, field_masks: Array.from({ length: 1001 }, (_, i) => `${i}`) },
      /: field_masks has more than 1000 paths$/,
    ],
    [IN_NAMESPACE, { ...ALL_PODS, namespace: '../secrets' }, /can't be part of a path/],
  ] as const;
  for (const [path, payload, expected] of rows) {
    const text = await error(path, payload);
    assert.match(text, /^Callback evaluation failure: /);
    assert.match(text, expected);
  }
});

test('without a configuration', async (t) => {
  const failed = 'Callback evaluation failure: kube::Client was not initialized properly';
  assert.equal(await asking(t).error(LIST, ALL_PODS), failed);
  const { error } = asking(t, { kube: async () => Promise.reject(new Error('no kubeconfig')) });
  assert.equal(await error(LIST, ALL_PODS), `${failed}: no kubeconfig`);
});

test('what the API server refuses is told at once, with its words', async (t) => {
  const server = await apiServer(t);
  const message = 'pods is forbidden: User "ostiary" cannot list resource "pods"';
  server.inject({
    match: ({ path }) => path === '/api/v1/pods',
    times: 100,
    action: { type: 'status', status: 403, reason: 'Forbidden', message },
  });
  const { error } = asking(t, { kube: async () => server.kubeConfig() });
  const started = performance.now();
  assert.match(
    await error(LIST, ALL_PODS),
    /cannot list pods: GET \/api\/v1\/pods: pods is forbidden: User "ostiary" cannot/,
  );
  assert.ok(performance.now() - started < 2000);
});

test('a server that never answers is waited for in bounds; the next question succeeds', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('a', 'x'));
  server.inject({ match: isListOfPods, action: { type: 'delay', ms: 600 } });
  const { error, json } = asking(t, { kube: async () => server.kubeConfig(), limits: { firstListMs: 100 } });
  assert.match(await error(LIST, ALL_PODS), /cannot list pods: no answer in time/);
  await until(async () =>
    json(LIST, ALL_PODS).then(
      () => true,
      () => false,
    ),
  );
});

test('the caller may leave before', async (t) => {
  const server = await apiServer(t);
  server.inject({ match: isListOfPods, action: { type: 'hang' } });
  const { error } = asking(t, { kube: async () => server.kubeConfig() });
  const started = performance.now();
  assert.match(await error(LIST, ALL_PODS, { signal: AbortSignal.timeout(50) }), /no answer in time/);
  assert.ok(performance.now() - started < 1000);
});

test('an outage: answers go on for a while, then fail, then come back', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('a', 'x'));
  const logged: string[] = [];
  const versions = localVersions();
  const limits = { maxStaleMs: 1500 };
  const { answered, error, json } = asking(t, {
    kube: async () => server.kubeConfig(),
    versions,
    limits,
    log: (_level, message) => void logged.push(message),
  });
  const { validity } = await answered(LIST, ALL_PODS);
  assert.ok(validity.kind === 'version');
  let isDown = true;
  server.inject({ match: () => isDown, times: 10_000, action: { type: 'drop' } });
  server.dropConnections();
  assert.deepEqual(names(await json(LIST, ALL_PODS)), ['a/x'], 'a moment of silence is no reason to stop');
  await until(() => versions.read(validity.slot) !== validity.version);
  assert.match(await error(LIST, ALL_PODS), /pods could not be followed for \d+ s: /);
  assert.deepEqual(logged, ['a watched list can no longer be followed']);
  isDown = false;
  server.put(PODS, pod('a', 'y'));
  await until(async () =>
    json(LIST, ALL_PODS).then(
      (list) => names(list).length === 2,
      () => false,
    ),
  );
  await until(() => logged.includes('a watched list is followed again'));
});

test('an API server that has forgotten where the watch was is listed anew', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('a', 'x'));
  const { json } = asking(t, { kube: async () => server.kubeConfig() });
  await json(LIST, ALL_PODS);
  server.inject({
    match: ({ query }) => query.has('watch'),
    times: 2,
    action: { type: 'status', status: 410, reason: 'Expired' },
  });
  server.compact();
  server.dropConnections();
  server.put(PODS, pod('a', 'y'));
  await until(async () => names(await json(LIST, ALL_PODS)).length === 2);
});

test('a guest that asks for ten thousand different lists gets some of them, and harms no other', async (t) => {
  const server = await apiServer(t);
  const { json, answered, capabilities } = asking(t, {
    kube: async () => server.kubeConfig(),
    limits: { watchesPerPolicy: 8 },
  });
  const asked = Array.from({ length: 10_000 }, (_, index) =>
    answered(LIST, { ...ALL_PODS, label_selector: `app=a${index}` }, { policy: 'greedy' }),
  );
  const refusals = (await Promise.all(asked)).flatMap(({ answer }) => (answer.ok ? [] : [answer.error]));
  assert.equal(refusals.length, 9992);
  assert.equal(refusals[0], 'Callback evaluation failure: the policy has 8 different lists watched');
  assert.equal(capabilities.stats().watches, 8);
  await json(LIST, ALL_PODS, { policy: 'modest' });
});

test('all policies together are bounded too, and what is not used makes room', async (t) => {
  const server = await apiServer(t);
  let now = 1_000_000;
  const { json, error, capabilities } = asking(t, {
    kube: async () => server.kubeConfig(),
    limits: { watches: 2 },
    now: () => now,
  });
  await json(LIST, ALL_PODS);
  await json(LIST, { api_version: 'v1', kind: 'Namespace' });
  const third = { api_version: 'networking.k8s.io/v1', kind: 'Ingress' };
  assert.match(await error(LIST, third), /: 2 different lists are being watched$/);
  now += 61_000;
  await json(LIST, third);
  assert.equal(capabilities.stats().watches, 2);
});

test('what nobody asks for is no longer followed', async (t) => {
  const server = await apiServer(t);
  let now = 1_000_000;
  const { json, capabilities } = asking(t, { kube: async () => server.kubeConfig(), now: () => now });
  await json(LIST, ALL_PODS);
  now += 30 * 60_000;
  await until(() => capabilities.stats().watches === 0);
  await until(() => server.watches() === 0);
});

test('keepers of answers are made to ask again now and then, so that what is in use shows', async (t) => {
  const server = await apiServer(t);
  let now = 1_000_000;
  const versions = localVersions();
  const { answered } = asking(t, { kube: async () => server.kubeConfig(), versions, now: () => now });
  const { validity } = await answered(LIST, ALL_PODS);
  assert.ok(validity.kind === 'version');
  now += 5 * 60_000;
  await until(() => versions.read(validity.slot) !== validity.version);
});

test('objects beyond the bound are not held', async (t) => {
  const server = await apiServer(t);
  for (let index = 0; index < 20; index += 1) server.put(PODS, pod('a', `p${index}`, { text: 'x'.repeat(10_000) }));
  const { error } = asking(t, { kube: async () => server.kubeConfig(), limits: { watchedBytes: 200_000 } });
  assert.match(await error(LIST, ALL_PODS), /cannot list pods: the objects to keep have more than 100000 bytes/);
});

function isListOfPods({ path, query }: FakeRequest): boolean {
  return path === '/api/v1/pods' && !query.has('watch');
}

test('every kind has a list of its own', async (t) => {
  const server = await apiServer(t);
  server.put(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
  server.put(INGRESSES, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'i', namespace: 'n' },
  });
  const { json } = asking(t, { kube: async () => server.kubeConfig() });
  assert.deepEqual(names(await json(LIST, { api_version: 'v1', kind: 'Namespace' })), ['/n']);
  assert.deepEqual(names(await json(LIST, { api_version: 'networking.k8s.io/v1', kind: 'Ingress' })), ['n/i']);
});
