import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventRecorder } from './event-recorder.ts';
import { isKubeError } from './errors.ts';
import { ownerReference, refOf, keyOf, type KubeObject } from './object.ts';
import {
  CONFIG_MAPS,
  configMap,
  EVENT_RESOURCE,
  serverAndClient,
  WIDGETS,
  type ConfigMap,
} from './testing/fixtures.ts';
import { recordAt, type JsonRecord } from './record.ts';
import { apply, create, deleteCollection, get, list, patch, remove, update } from './verbs.ts';

const ref = { namespace: 'default', name: 'a' };
const widget = (spec: object, extra: object = {}): KubeObject & Record<string, unknown> => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { ...ref, ...extra },
  spec,
});

test('create, get, update and remove, with their conflicts', async (t) => {
  const { client } = await serverAndClient(t);
  const made = await create(client, CONFIG_MAPS, configMap('a', { x: '1' }));
  assert.ok(made.metadata.uid !== undefined);
  await assert.rejects(create(client, CONFIG_MAPS, configMap('a')), { code: 'already-exists' });
  const changed = await update(client, CONFIG_MAPS, { ...made, data: { x: '2' } });
  await assert.rejects(update(client, CONFIG_MAPS, { ...made, data: { x: '3' } }), { code: 'conflict' });
  assert.deepEqual((await get<ConfigMap>(client, CONFIG_MAPS, ref)).data, { x: '2' });
  const { resourceVersion } = made.metadata;
  await assert.rejects(remove(client, CONFIG_MAPS, ref, { preconditions: { resourceVersion } }), { code: 'conflict' });
  await remove(client, CONFIG_MAPS, ref, { preconditions: { uid: changed.metadata.uid }, propagation: 'Background' });
  await assert.rejects(remove(client, CONFIG_MAPS, ref), { code: 'not-found' });
});

test('apply owns what it names, gives up what it no longer names, and conflicts with others', async (t) => {
  const { client } = await serverAndClient(t);
  const by = (fieldManager: string, force?: boolean) => ({ fieldManager, ...(force === undefined ? {} : { force }) });
  await apply(client, CONFIG_MAPS, configMap('a', { x: '1', y: '1' }), by('one'));
  await assert.rejects(apply(client, CONFIG_MAPS, configMap('a', { x: '2' }), by('two', false)), (error) => {
    assert.ok(isKubeError(error, 'conflict'));
    assert.equal(error.causes.length, 1);
    return true;
  });
  assert.deepEqual((await apply(client, CONFIG_MAPS, configMap('a', { x: '2', z: '2' }), by('two'))).data, {
    x: '2',
    y: '1',
    z: '2',
  });
  assert.deepEqual((await apply(client, CONFIG_MAPS, configMap('a', {}), by('one'))).data, { x: '2', z: '2' });
  await assert.rejects(
    apply(client, CONFIG_MAPS, { ...configMap('a'), metadata: { name: '', namespace: 'default' } }, by('x')),
    { code: 'bad-request' },
  );
});

test('status and specification are written apart, and generations count the latter', async (t) => {
  const { client } = await serverAndClient(t);
  const made = await create(client, WIDGETS, { ...widget({ size: 1 }), status: { phase: 'Forged' } });
  assert.deepEqual([made.metadata.generation, made['status']], [1, undefined]);
  const status = { status: { phase: 'Ready' }, spec: { size: 9 } };
  const patched = await patch<KubeObject & JsonRecord>(client, WIDGETS, ref, status, { subresource: 'status' });
  assert.deepEqual(
    [patched['spec'], patched['status'], patched.metadata.generation],
    [{ size: 1 }, { phase: 'Ready' }, 1],
  );
  const again = await apply(client, WIDGETS, widget({ size: 2 }), { fieldManager: 'x' });
  assert.deepEqual([again['status'], again.metadata.generation], [{ phase: 'Ready' }, 2]);
  const applied = await apply(
    client,
    WIDGETS,
    { ...widget({}), spec: undefined, status: { phase: 'Gone' } },
    { fieldManager: 'x', subresource: 'status' },
  );
  assert.deepEqual([applied['status'], applied['spec']], [{ phase: 'Gone' }, { size: 2 }]);
});

test('finalizers hold an object until they are taken off', async (t) => {
  const { client } = await serverAndClient(t);
  await create(client, WIDGETS, widget({}, { finalizers: ['example.com/hold'] }));
  await remove(client, WIDGETS, ref);
  const held = await get(client, WIDGETS, ref);
  assert.ok(held.metadata.deletionTimestamp !== undefined);
  await patch(
    client,
    WIDGETS,
    ref,
    [
      { op: 'test', path: '/metadata/finalizers/0', value: 'example.com/hold' },
      { op: 'remove', path: '/metadata/finalizers/0' },
    ],
    { type: 'json' },
  );
  await assert.rejects(get(client, WIDGETS, ref), { code: 'not-found' });
});

test('lists come page by page, and selections go together', async (t) => {
  const { server, client } = await serverAndClient(t);
  for (let index = 0; index < 7; index += 1)
    server.put(CONFIG_MAPS, configMap(`c${index}`, {}, { odd: String(index % 2) }));
  const selection = { resource: CONFIG_MAPS, labelSelector: 'odd=1' };
  const names = (await Array.fromAsync(list(client, selection, { pageSize: 2 }))).map(({ metadata }) => metadata.name);
  assert.deepEqual(names, ['c1', 'c3', 'c5']);
  assert.equal(client.requests.get('list'), 2);
  await deleteCollection(client, { ...selection, namespace: 'default' });
  assert.equal(server.store.list(CONFIG_MAPS, 'default').length, 4);
  assert.equal(client.requests.get('deletecollection'), 1);
});

test('events are counted, bounded for each object, and never in the way', async (t) => {
  const { server, client } = await serverAndClient(t);
  const errors: unknown[] = [];
  const recorder = createEventRecorder(client, {
    component: 'c',
    reportingInstance: 'i',
    onError: (error) => errors.push(error),
  });
  const event = { type: 'Normal', reason: 'Same', action: 'Test', note: 'n'.repeat(5000) } as const;
  for (let index = 0; index < 5; index += 1) recorder.record(configMap('a'), event);
  await recorder.flush();
  const [same] = server.store.list(EVENT_RESOURCE, 'default');
  assert.equal(recordAt(same ?? {}, 'series')['count'], 5);
  assert.equal(String(same?.['note']).length, 900);
  for (let index = 0; index < 50; index += 1) recorder.record(configMap('a'), { ...event, note: String(index) });
  await recorder.flush();
  assert.equal(server.store.list(EVENT_RESOURCE, 'default').length, 21);
  assert.equal(recorder.dropped(), 30);
  server.inject({ match: () => true, action: { type: 'status', status: 403 } });
  recorder.record(configMap('b'), event);
  recorder.record({} as KubeObject, event);
  await recorder.flush();
  assert.equal(errors.length, 2);
});

test('keys and owners', () => {
  for (const one of [{ namespace: 'n', name: 'x' }, { name: 'x' }])
    assert.deepEqual(refOf(keyOf(one.namespace, one.name)), one);
  assert.throws(() => ownerReference(configMap('a')), TypeError);
  const owner = { ...configMap('a'), metadata: { name: 'a', uid: 'u' } };
  assert.deepEqual(ownerReference(owner), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: 'a',
    uid: 'u',
    controller: true,
    blockOwnerDeletion: true,
  });
});

test('across namespaces there is only reading', async (t) => {
  const { client } = await serverAndClient(t);
  await assert.rejects(deleteCollection(client, { resource: CONFIG_MAPS }), { code: 'method-not-allowed' });
  const nowhere = { ...configMap('a'), metadata: { name: 'a' } };
  await assert.rejects(create(client, CONFIG_MAPS, nowhere), { code: 'method-not-allowed' });
  await assert.rejects(get(client, CONFIG_MAPS, { name: 'a' }), { code: 'bad-request' });
});

test('a list that goes in circles, or on without anything in it, ends', async (t) => {
  for (const isCircle of [true, false]) {
    const { server, client } = await serverAndClient(t);
    for (let page = 0; page < 200; page += 1) {
      const metadata = { resourceVersion: '1', continue: isCircle ? 'again' : String(page) };
      server.inject({ match: () => true, action: { type: 'answer', body: JSON.stringify({ metadata, items: [] }) } });
    }
    await assert.rejects(Array.fromAsync(list(client, { resource: CONFIG_MAPS })), {
      code: 'not-json',
      message: /does not end/,
    });
    assert.equal(server.requests.length, isCircle ? 2 : 101);
  }
});
