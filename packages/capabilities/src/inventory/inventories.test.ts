import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localVersions } from '../contract.ts';
import { apiServer, asking, INGRESSES, jsonOf, NAMESPACES, pod, PODS, until } from '../testing/ask.ts';

const POD = { apiVersion: 'v1', kind: 'Pod' };
const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' };
const INGRESS = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' };
const { signal } = new AbortController();

const ingress = (namespace: string, name: string) => ({ ...INGRESS, metadata: { namespace, name } });

test('both shapes', async (t) => {
  const server = await apiServer(t);
  server.put(NAMESPACES, { ...NAMESPACE, metadata: { name: 'n' } });
  server.put(INGRESSES, ingress('a', 'x'));
  server.put(INGRESSES, ingress('b', 'x'));
  const { capabilities } = asking(t, { kube: async () => server.kubeConfig() });
  const named = (name: string) => ({ metadata: { name } });
  const opa = await capabilities.inventory('opa', [NAMESPACE, INGRESS, POD], 'p', signal);
  assert.partialDeepStrictEqual(jsonOf(opa.answer), {
    namespaces: { n: named('n') },
    ingresses: { a: { x: named('x') }, b: { x: named('x') } },
    pods: {},
  });
  const gatekeeper = await capabilities.inventory('gatekeeper', [NAMESPACE, INGRESS], 'p', signal);
  assert.partialDeepStrictEqual(jsonOf(gatekeeper.answer), {
    inventory: {
      cluster: { v1: { Namespace: { n: named('n') } } },
      namespace: { a: { 'networking.k8s.io/v1': { Ingress: { x: named('x') } } }, b: {} },
    },
  });
  const empty = await capabilities.inventory('gatekeeper', [POD], 'p', signal);
  assert.deepEqual(jsonOf(empty.answer), { inventory: { cluster: {}, namespace: {} } });
});

test('a storm of changes is one new version, made when it is asked for', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('a', 'x'));
  const bumps: number[] = [];
  const inner = localVersions();
  const versions = { ...inner, bump: (slot: number) => (bumps.push(slot), inner.bump(slot)) };
  const { capabilities } = asking(t, { kube: async () => server.kubeConfig(), versions });
  const first = await capabilities.inventory('opa', [POD], 'p', signal);
  const { validity } = first;
  assert.ok(validity.kind === 'version');
  const same = await capabilities.inventory('opa', [POD], 'q', signal);
  assert.ok(first.answer.ok && same.answer.ok);
  assert.equal(same.answer.payload, first.answer.payload);
  for (let index = 0; index < 200; index += 1) server.put(PODS, pod('a', `p${index}`));
  await until(async () => {
    const { answer } = await capabilities.inventory('opa', [POD], 'p', signal);
    return Object.keys((jsonOf(answer) as { pods: { a: object } }).pods.a).length === 201;
  });
  const own = bumps.filter((slot) => slot === validity.slot).length;
  assert.ok(own >= 1 && own < 10, `${own} versions`);
});

test('what can not be listed is an error, and no empty inventory', async (t) => {
  const server = await apiServer(t);
  server.inject({
    match: ({ path }) => path === '/api/v1/pods',
    times: 100,
    action: { type: 'status', status: 403, reason: 'Forbidden' },
  });
  const { capabilities } = asking(t, { kube: async () => server.kubeConfig() });
  const { answer } = await capabilities.inventory('gatekeeper', [NAMESPACE, POD], 'p', signal);
  assert.match(answer.ok ? '' : answer.error, /^Callback evaluation failure: cannot list pods: /);
});

test('one plural name for two scopes', async (t) => {
  const server = await apiServer(t, [NAMESPACES, { ...PODS, group: 'x', plural: 'namespaces', kind: 'Namespace' }]);
  const { capabilities } = asking(t, { kube: async () => server.kubeConfig() });
  const resources = [NAMESPACE, { apiVersion: 'x/v1', kind: 'Namespace' }];
  const { answer } = await capabilities.inventory('opa', resources, 'p', signal);
  assert.match(answer.ok ? '' : answer.error, /'namespaces' names both cluster-scoped and namespaced resources$/);
});
