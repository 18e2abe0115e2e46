import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiServer, asking, NAMESPACES, pod, PODS } from '../testing/ask.ts';

const GET = 'kubernetes/get_resource';
const CAN_I = 'kubernetes/can_i';
const POD = { api_version: 'v1', kind: 'Pod', name: 'x', namespace: 'a', disable_cache: false };

test('an object as the API server has it, or what a mask leaves', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('a', 'x', { nodeName: 'n', other: 1 }, { managedFields: [{ manager: 'm' }] }));
  server.put(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
  const { json } = asking(t, { kube: async () => server.kubeConfig() });
  assert.partialDeepStrictEqual(await json(GET, POD), {
    metadata: { managedFields: [{ manager: 'm' }] },
    spec: { other: 1 },
  });
  assert.deepEqual(((await json(GET, { ...POD, field_masks: ['spec.nodeName'] })) as { spec: object }).spec, {
    nodeName: 'n',
  });
  const namespace = { api_version: 'v1', kind: 'Namespace', name: 'n' };
  assert.partialDeepStrictEqual(await json(GET, namespace), { metadata: { name: 'n' } });
  assert.partialDeepStrictEqual(await json(GET, { ...namespace, namespace: 'ignored' }), { metadata: { name: 'n' } });
});

test('objects that can not be had', async (t) => {
  const server = await apiServer(t);
  const { error } = asking(t, { kube: async () => server.kubeConfig() });
  const failed = 'Callback evaluation failure: ';
  const rows = [
    [POD, `${failed}Cannot find v1/Pod named 'x' inside of namespace 'Some("a")'`],
    [
      { api_version: 'v1', kind: 'Namespace', name: 'n' },
      `${failed}Cannot find v1/Namespace named 'n' inside of namespace 'None'`,
    ],
    [{ ...POD, namespace: null }, `${failed}resource v1/Pod is namespaced. A namespace is needed to get it`],
    [{ ...POD, namespace: '' }, `${failed}resource v1/Pod is namespaced. A namespace is needed to get it`],
    [{ ...POD, name: '../../secrets' }, `${failed}"../../secrets" can't be part of a path`],
    [{ ...POD, name: '' }, `${failed}"" can't be part of a path`],
  ] as const;
  for (const [payload, expected] of rows) assert.equal(await error(GET, payload), expected);
  server.inject({
    match: ({ path }) => path.endsWith('/pods/x'),
    action: { type: 'status', status: 403, reason: 'Forbidden', message: 'no' },
  });
  assert.equal(await error(GET, POD), `${failed}GET /api/v1/namespaces/a/pods/x: no`);
});

test('an object is remembered for five seconds, unless the guest does not want that', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('a', 'x'));
  let now = 1_000_000;
  const { answered } = asking(t, { kube: async () => server.kubeConfig(), now: () => now });
  const asked = (): number => server.requests.filter(({ path }) => path.endsWith('/pods/x')).length;
  const all = await Promise.all(Array.from({ length: 20 }, async () => answered(GET, POD)));
  assert.deepEqual(all[0]?.validity, { kind: 'until', until: now + 5000 });
  assert.equal(asked(), 1, 'together');
  now += 4999;
  await answered(GET, { ...POD, field_masks: ['spec'] });
  assert.equal(asked(), 1, 'a mask is no other object');
  now += 1;
  await answered(GET, POD);
  assert.equal(asked(), 2);
  assert.deepEqual((await answered(GET, { ...POD, disable_cache: true })).validity, { kind: 'once' });
  assert.equal(asked(), 3);
});

test('failures are not remembered', async (t) => {
  const server = await apiServer(t);
  const { error, json } = asking(t, { kube: async () => server.kubeConfig() });
  await error(GET, POD);
  server.put(PODS, pod('a', 'x'));
  await json(GET, POD);
});

test('hundreds of different objects are fetched in turn', async (t) => {
  const server = await apiServer(t);
  for (let index = 0; index < 300; index += 1) server.put(PODS, pod('a', `p${index}`));
  const { answered } = asking(t, { kube: async () => server.kubeConfig() });
  const all = await Promise.all(
    Array.from({ length: 300 }, async (_, index) => answered(GET, { ...POD, name: `p${index}` })),
  );
  assert.ok(all.every(({ answer }) => answer.ok));
});

const QUESTION = {
  subject_access_review: {
    user: 'alice',
    groups: ['g'],
    resource_attributes: { verb: 'get', resource: 'pods', namespace: 'a', subresource: null },
  },
  disable_cache: false,
};

test('who may do what', async (t) => {
  const server = await apiServer(t);
  const status = { allowed: false, denied: true, reason: 'because', evaluationError: 'hm' };
  server.inject({
    match: ({ method, path }) => method === 'POST' && path === '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    times: 2,
    action: { type: 'answer', status: 201, body: JSON.stringify({ status }) },
  });
  const { json, answered } = asking(t, { kube: async () => server.kubeConfig() });
  assert.deepEqual(await json(CAN_I, QUESTION), status);
  assert.equal((await answered(CAN_I, QUESTION)).validity.kind, 'until');
  const { spec } = JSON.parse(server.requests[0]?.body ?? '') as { spec: object };
  assert.deepEqual(spec, {
    user: 'alice',
    groups: ['g'],
    resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'a' },
  });
  assert.equal(server.requests.length, 1);
  const { subject_access_review, ...rest } = QUESTION;
  const { resource_attributes, ...subject } = subject_access_review;
  const aliased = { subject_access_review: { ...subject, resourceAttributes: resource_attributes } };
  assert.deepEqual(await json(CAN_I, { ...rest, ...aliased }), status, 'an alias, and the same question');
  assert.deepEqual(await json(CAN_I, { ...aliased, disable_cache: true }), status);
  assert.equal(server.requests.length, 2);
});

test('an access review without a status is no permission', async (t) => {
  const server = await apiServer(t);
  for (const body of ['{}', '{"status":{}}', '{"status":{"allowed":"yes"}}', 'x']) {
    server.inject({ match: ({ method }) => method === 'POST', action: { type: 'answer', status: 201, body } });
    const { error } = asking(t, { kube: async () => server.kubeConfig() });
    assert.match(await error(CAN_I, QUESTION), /^Callback evaluation failure: /);
  }
});
