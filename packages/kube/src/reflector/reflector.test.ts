import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { systemClock, type Clock } from '../clock.ts';
import { isKubeError } from '../errors.ts';
import { createInformer } from '../informer.ts';
import { CONFIG_MAPS, configMap, serverAndClient, until, type ConfigMap } from '../testing/fixtures.ts';
import type { FakeApiServerOptions } from '../testing/fake-api-server.ts';
import { createReflector, type Reflector, type ReflectorOptions } from './reflector.ts';

/** Waits a hundredth of the time. */
const QUICK: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

async function reflect(
  t: TestContext,
  how: FakeApiServerOptions = {},
  options: Partial<ReflectorOptions<ConfigMap>> = {},
) {
  const { server, client } = await serverAndClient(t, how);
  const start = (): Reflector<ConfigMap> => {
    const reflector = createReflector<ConfigMap>({ client, resource: CONFIG_MAPS, clock: QUICK, ...options });
    t.after(() => reflector.stop());
    return reflector;
  };
  const put = (name: string, data?: Record<string, string>, labels?: Record<string, string>) =>
    server.put(CONFIG_MAPS, configMap(name, data, labels));
  return { server, client, start, put };
}

const namesOf = (reflector: Reflector<ConfigMap>): string[] =>
  reflector
    .list()
    .map(({ metadata }) => metadata.name)
    .toSorted();

test('a reflector lists in pages, follows, and counts versions', async (t) => {
  const { server, start, put } = await reflect(t, {}, { pageSize: 3 });
  for (let index = 0; index < 10; index += 1) put(`a${index}`);
  const reflector = start();
  assert.equal(reflector.state, 'starting');
  await reflector.ready(2000);
  assert.equal(reflector.size, 10);
  assert.equal(
    server.requests.filter(({ path, query }) => path.endsWith('configmaps') && !query.has('watch')).length,
    4,
  );
  assert.equal(reflector.state, 'synced');
  assert.equal(reflector.staleSince, undefined);
  const { version } = reflector;
  put('a0', { b: 'c' });
  server.store.remove(CONFIG_MAPS, 'default', 'a1');
  await until(() => reflector.get('default', 'a0')?.data?.['b'] === 'c' && reflector.size === 9);
  assert.ok(reflector.version > version);
  // Lists leave kind and apiVersion out.
  assert.equal(reflector.get('default', 'a5')?.kind, 'ConfigMap');
  assert.equal(reflector.get('default', 'a5')?.apiVersion, 'v1');
});

for (const chunkBytes of [1, 2, 3, 7]) {
  test(`events cut every ${chunkBytes} bytes, inside characters too, arrive whole`, async (t) => {
    const { start, put } = await reflect(t, { chunkBytes, bookmarkMs: 20 });
    const reflector = start();
    await reflector.ready(2000);
    await until(() => reflector.state === 'synced');
    put('a', { text: 'Grüße 🚪 \\ " \n {[' });
    await until(() => reflector.get('default', 'a')?.data?.['text'] === 'Grüße 🚪 \\ " \n {[');
  });
}

test('selectors decide, and leaving the selection is a deletion', async (t) => {
  const { start, put } = await reflect(
    t,
    {},
    { labelSelector: { matchLabels: { app: 'x' } }, fieldSelector: 'metadata.name!=c' },
  );
  put('a', {}, { app: 'x' });
  put('b', {}, { app: 'y' });
  put('c', {}, { app: 'x' });
  const reflector = start();
  await reflector.ready(2000);
  assert.deepEqual(namesOf(reflector), ['a']);
  put('b', {}, { app: 'x' });
  await until(() => reflector.size === 2);
  put('a', {}, { app: 'z' });
  await until(() => reflector.size === 1);
});

test('a list that expires between its pages starts over', async (t) => {
  const { server, start, put } = await reflect(t, {}, { pageSize: 2 });
  for (let index = 0; index < 6; index += 1) put(`a${index}`);
  server.inject({
    match: ({ query }) => query.has('continue'),
    action: { type: 'status', status: 410, reason: 'Expired' },
  });
  const reflector = start();
  await reflector.ready(2000);
  assert.equal(reflector.size, 6);
});

test('a watch that is too old is mended by a new list', async (t) => {
  const { server, start, put } = await reflect(t);
  put('a');
  put('b');
  const reflector = start();
  await reflector.ready(2000);
  await until(() => server.watches() === 1);
  server.inject({ match: ({ query }) => query.has('watch'), action: { type: 'drop' } });
  server.dropConnections();
  server.store.remove(CONFIG_MAPS, 'default', 'a');
  put('c');
  server.compact();
  await until(() => namesOf(reflector).join() === 'b,c');
  await until(() => reflector.state === 'synced');
  assert.equal(reflector.lastError, undefined);
});

test('a dropped connection goes on where it was, without a list', async (t) => {
  const { server, start, put } = await reflect(t);
  const reflector = start();
  await reflector.ready(2000);
  await until(() => server.watches() === 1);
  server.dropConnections();
  put('a');
  await until(() => reflector.size === 1);
  assert.equal(server.requests.filter(({ query }) => query.has('limit')).length, 1);
});

test('an API server that is away makes the copy stale, and it stays readable', async (t) => {
  const { server, start, put } = await reflect(t);
  put('a');
  const reflector = start();
  await reflector.ready(2000);
  await until(() => server.watches() === 1);
  const fault = { match: () => true, times: 7, action: { type: 'status', status: 503 } as const };
  server.inject(fault);
  server.dropConnections();
  await until(() => reflector.state === 'stale');
  assert.ok(isKubeError(reflector.lastError));
  assert.equal(typeof reflector.staleSince, 'number');
  assert.equal(reflector.size, 1);
  await until(() => reflector.state === 'synced');
  assert.equal(reflector.lastError, undefined);
});

test('silence ends a watch, and bookmarks keep a quiet one', async (t) => {
  const { server, start } = await reflect(t, { bookmarkMs: 20 }, { silenceMs: 800 });
  const watches = (): number => server.requests.filter(({ query }) => query.has('watch')).length;
  const reflector = start();
  await reflector.ready(2000);
  await sleep(1200);
  assert.equal(watches(), 1);
  server.inject({
    match: ({ query }) => query.has('watch'),
    action: {
      type: 'answer',
      body: (function* () {
        yield '\n';
      })(),
    },
  });
  server.dropConnections();
  await until(() => watches() >= 3 && reflector.state === 'synced');
});

test('a dead connection is found by its silence', async (t) => {
  const { server, start, put } = await reflect(t, {}, { silenceMs: 60 });
  const reflector = start();
  await reflector.ready(2000);
  await until(() => server.requests.filter(({ query }) => query.has('watch')).length >= 3);
  put('a');
  await until(() => reflector.size === 1);
  assert.equal(reflector.state, 'synced');
});

test('handlers and transforms that throw are noted and end nothing', async (t) => {
  const { start, put } = await reflect(
    t,
    {},
    {
      transform: (object) => {
        if (object.metadata.name === 'bad') throw new Error('transform');
        return object.metadata.name === 'unwanted' ? undefined : object;
      },
      onChange: () => {
        throw new Error('handler');
      },
    },
  );
  put('bad');
  put('unwanted');
  put('good');
  const reflector = start();
  await reflector.ready(2000);
  assert.deepEqual(namesOf(reflector), ['good']);
  put('better');
  await until(() => reflector.size === 2);
  assert.ok(isKubeError(reflector.lastError, 'handler'));
});

test('more than the bound ends in failure, from a list and from a watch', async (t) => {
  const { start, put } = await reflect(t, {}, { maxBytes: 2000 });
  put('a', { text: 'x'.repeat(1000) });
  const reflector = start();
  await reflector.ready(2000);
  put('b', { text: 'x'.repeat(1000) });
  await until(() => reflector.state === 'failed');
  assert.ok(isKubeError(reflector.lastError, 'too-large'));
  assert.equal(reflector.size, 1);
  const second = start();
  await assert.rejects(second.ready(2000), { code: 'too-large' });
  assert.equal(second.state, 'failed');
});

test('the text of objects keeps the numbers that JavaScript rounds', async (t) => {
  const { server, start } = await reflect(t, {}, { keepRaw: true });
  const item = '{"metadata":{"name":"a","namespace":"n"},"big":9007199254740993}';
  const list = `{"kind":"ConfigMapList","metadata":{"resourceVersion":"1"},"items":[${item}]}`;
  server.inject({ match: ({ query }) => query.has('limit'), action: { type: 'answer', body: list } });
  const reflector = start();
  await reflector.ready(2000);
  const raw = Buffer.from(reflector.raw('n', 'a') ?? []).toString();
  assert.equal(raw, `{"apiVersion":"v1","kind":"ConfigMap",${item.slice(1)}`);
  assert.deepEqual(reflector.listRaw().length, 1);
});

test('pages that are too large become smaller', async (t) => {
  const { server, client, start, put } = await reflect(t, {}, { pageSize: 8 });
  for (let index = 0; index < 8; index += 1) put(`a${index}`, { text: 'x'.repeat(1000) });
  const { request } = client;
  // As if the client took 4 kB at most.
  Object.assign(client, { request: (what: Parameters<typeof request>[0]) => request({ ...what, maxBytes: 4000 }) });
  const reflector = start();
  await reflector.ready(2000);
  assert.equal(reflector.size, 8);
  assert.ok(server.requests.some(({ query }) => query.get('limit') === '2'));
});

for (const [what, body] of [
  ['a list without an end', '{"kind":"L","metadata":{"resourceVersion":"1","continue":"again"},"items":[]}'],
  ['a list that is no list', '{"kind":"Pod","metadata":{}}'],
  ['HTML', '<html>hello</html>'],
  ['half a list', '{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}}'],
  ['an item without a name', '{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{}}]}'],
  ['items of another kind', '{"metadata":{"resourceVersion":"1"},"items":[1]}'],
  ['very deep nesting', `{"metadata":{"resourceVersion":"1"},"items":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`],
] as const) {
  test(`${what} is refused, and the next list counts`, async (t) => {
    const { server, start, put } = await reflect(t);
    put('a');
    const isList = {
      match: ({ query }: { query: URLSearchParams }) => query.has('limit'),
      action: { type: 'answer', body } as const,
    };
    server.inject({ ...isList, times: 2 });
    const reflector = start();
    await reflector.ready(3000);
    assert.deepEqual(namesOf(reflector), ['a']);
  });
}

for (const [what, line] of [
  ['nonsense', 'nonsense\n'],
  ['an event without an object', '{"type":"ADDED"}\n'],
  ['an unknown event', '{"type":"MOVED","object":{}}\n'],
  ['an error of the server', '{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd"}}\n'],
  ['bytes that are no text', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d, 0x0a])],
] as const) {
  test(`${what} in a watch leads to a new list`, async (t) => {
    const { server, start, put } = await reflect(t);
    server.inject({ match: ({ query }) => query.has('watch'), action: { type: 'answer', body: [line] } });
    const reflector = start();
    await until(() => server.requests.filter(({ query }) => query.has('limit')).length === 2);
    put('a');
    await until(() => reflector.size === 1 && reflector.state === 'synced');
  });
}

test('a watch that ends at once is not asked for in a loop', async (t) => {
  const { server, start } = await reflect(t);
  server.inject({ match: ({ query }) => query.has('watch'), times: 100, action: { type: 'answer', body: '' } });
  const reflector = start();
  await sleep(300);
  assert.ok(server.requests.length < 12, `${server.requests.length} requests`);
  await reflector.stop();
});

test('ready gives up with the reason', async (t) => {
  const { server, start } = await reflect(t);
  server.inject({
    match: () => true,
    times: 100,
    action: { type: 'status', status: 403, reason: 'Forbidden', message: 'no RBAC' },
  });
  const reflector = start();
  await assert.rejects(reflector.ready(50), { code: 'timeout', message: /no RBAC/ });
  await reflector.stop();
  await assert.rejects(reflector.ready(50), { code: 'aborted' });
});

test('an informer tells handlers old and new, and finds by index', async (t) => {
  const { server, client } = await serverAndClient(t);
  const errors: unknown[] = [];
  const informer = createInformer<ConfigMap>({
    client,
    resource: CONFIG_MAPS,
    clock: QUICK,
    onHandlerError: (error) => errors.push(error),
  });
  t.after(() => informer.stop());
  server.put(CONFIG_MAPS, configMap('a', { owner: 'x' }));
  await informer.ready(2000);
  const heard: string[] = [];
  informer.index('owner', ({ data }) => (data?.['owner'] === undefined ? [] : [data['owner']]));
  informer.addHandler({
    onAdd: () => {
      throw new Error('bad handler');
    },
  });
  informer.addHandler({
    onAdd: ({ metadata }) => heard.push(`+${metadata.name}`),
    onUpdate: ({ data }, old) => heard.push(`${old.data?.['owner']}>${data?.['owner']}`),
    onDelete: ({ metadata }) => heard.push(`-${metadata.name}`),
  });
  assert.equal(informer.byIndex('owner', 'x').length, 1);
  server.put(CONFIG_MAPS, configMap('a', { owner: 'y' }));
  await until(() => heard.length === 2);
  assert.equal(informer.byIndex('owner', 'x').length, 0);
  assert.equal(informer.byIndex('owner', 'y').length, 1);
  server.store.remove(CONFIG_MAPS, 'default', 'a');
  await until(() => heard.length === 3);
  assert.deepEqual(heard, ['+a', 'x>y', '-a']);
  assert.equal(informer.byIndex('owner', 'y').length, 0);
  assert.equal(informer.size, 0);
  assert.equal(errors.length, 1);
  assert.throws(() => informer.byIndex('other', 'y'), TypeError);
});

test('whatever happens to the connection, the copy ends up like a fresh list', async (t) => {
  const { server, start, put } = await reflect(
    t,
    { bookmarkMs: 10 },
    { pageSize: 2, clock: { ...QUICK, sleep: (ms, signal) => systemClock.sleep(ms / 1000, signal) } },
  );
  const reflector = start();
  await reflector.ready(2000);
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('put' as const),
        name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        value: fc.string(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('remove' as const), name: fc.constantFrom('a', 'b', 'c', 'd', 'e') }),
    },
    fc.record({
      do: fc.constantFrom('drop' as const, 'compact' as const, 'cut' as const, 'refuse' as const, 'wait' as const),
    }),
  );
  const act = async (what: { do: string; name?: string; value?: string }): Promise<void> => {
    const isWatch = ({ query }: { query: URLSearchParams }): boolean => query.has('watch');
    if (what.do === 'put') put(what.name ?? '', { value: what.value ?? '' });
    if (
      what.do === 'remove' &&
      server.store.list(CONFIG_MAPS, 'default').some(({ metadata }) => metadata.name === what.name)
    ) {
      server.store.remove(CONFIG_MAPS, 'default', what.name ?? '');
    }
    if (what.do === 'drop') server.dropConnections();
    if (what.do === 'compact') server.compact();
    if (what.do === 'cut') server.inject({ match: isWatch, action: { type: 'cut', afterBytes: 50 } });
    if (what.do === 'refuse') server.inject({ match: () => true, action: { type: 'status', status: 500 } });
    if (what.do === 'wait') await sleep(5);
  };
  const state = (objects: readonly unknown[]): string =>
    objects
      .map((object) => JSON.stringify(object, sortKeys))
      .toSorted()
      .join('\n');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      for (const what of steps) await act(what);
      await until(() => state(reflector.list()) === state(server.store.list(CONFIG_MAPS, undefined)), 'equality');
    }),
    { numRuns: 40 },
  );
});

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

test('an informer tells of what came, changed and went while nobody was watching', async (t) => {
  const { server, client } = await serverAndClient(t);
  for (const name of ['gone', 'same', 'changed']) server.put(CONFIG_MAPS, configMap(name));
  const informer = createInformer<ConfigMap>({ client, resource: CONFIG_MAPS, clock: QUICK });
  t.after(() => informer.stop());
  await informer.ready(2000);
  await until(() => server.watches() === 1);
  const heard: string[] = [];
  informer.index('name', ({ metadata }) => [metadata.name]);
  informer.addHandler({
    onAdd: ({ metadata }) => heard.push(`+${metadata.name}`),
    onUpdate: ({ metadata }) => heard.push(`~${metadata.name}`),
    onDelete: ({ metadata }) => heard.push(`-${metadata.name}`),
  });
  assert.deepEqual(heard.splice(0).toSorted(), ['+changed', '+gone', '+same']);
  server.inject({ match: ({ query }) => query.has('watch'), action: { type: 'drop' } });
  server.dropConnections();
  server.store.remove(CONFIG_MAPS, 'default', 'gone');
  server.put(CONFIG_MAPS, configMap('changed', { now: 'so' }));
  server.put(CONFIG_MAPS, configMap('new'));
  server.compact();
  await until(() => heard.length === 3);
  assert.deepEqual(heard.toSorted(), ['+new', '-gone', '~changed']);
  assert.deepEqual(informer.byIndex('name', 'gone'), []);
});

test('bookmarks move the place to go on from, so that a quiet watch never grows too old', async (t) => {
  const { server, start, put } = await reflect(t, { bookmarkMs: 10 }, { labelSelector: 'app=x' });
  const reflector = start();
  await reflector.ready(2000);
  await until(() => server.watches() === 1);
  put('of-others');
  await sleep(300);
  server.compact();
  server.dropConnections();
  put('a', {}, { app: 'x' });
  await until(() => reflector.size === 1);
  assert.equal(server.requests.filter(({ query }) => query.has('limit')).length, 1);
});
