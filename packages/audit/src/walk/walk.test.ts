import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createWatermark } from '../resume/watermark.ts';
import { forEachConcurrently } from '../concurrency.ts';
import { pod, PODS, testCluster, type TestCluster } from '../testing/cluster.ts';
import { compareKeys, walk, type WalkOptions } from './walk.ts';

async function names(cluster: TestCluster, more: Partial<WalkOptions> = {}): Promise<readonly string[]> {
  const found: string[] = [];
  const options = { client: cluster.client, resource: PODS, skipNamespaces: new Set<string>(), pageSize: 5, ...more };
  for await (const { object } of walk(options)) found.push(object.metadata.name);
  return found;
}

async function filled(t: Parameters<typeof testCluster>[0]): Promise<TestCluster> {
  const cluster = await testCluster(t);
  for (let at = 0; at < 23; at += 1) cluster.server.put(PODS, pod(`pod-${String(at).padStart(2, '0')}`));
  cluster.server.put(PODS, pod('elsewhere', {}, 'other'));
  return cluster;
}

const PAGE = ({ path }: { readonly path: string }): boolean => path === '/api/v1/pods';

test('all objects come once, in pages', async (t) => {
  const cluster = await filled(t);
  assert.equal(new Set(await names(cluster)).size, 24);
  assert.equal(cluster.server.requests.filter(PAGE).length, 5);
});

test('namespaces are left out by the server', async (t) => {
  const cluster = await filled(t);
  assert.deepEqual(await names(cluster, { skipNamespaces: new Set(['team', 'unknown']) }), ['elsewhere']);
  assert.equal(
    cluster.server.requests.find(PAGE)?.query.get('fieldSelector'),
    'metadata.namespace!=team,metadata.namespace!=unknown',
  );
});

test('a server without field selectors is asked without', async (t) => {
  const cluster = await filled(t);
  cluster.server.inject({
    match: ({ path, query }) => PAGE({ path }) && query.has('fieldSelector'),
    action: { type: 'status', status: 400, reason: 'BadRequest' },
  });
  assert.deepEqual(await names(cluster, { skipNamespaces: new Set(['team']) }), ['elsewhere']);
});

test('a list that expires goes on where it was', async (t) => {
  const cluster = await filled(t);
  cluster.server.inject({
    match: ({ path, query }) => PAGE({ path }) && query.has('continue'),
    times: 2,
    action: { type: 'status', status: 410, reason: 'Expired' },
  });
  const found = await names(cluster);
  assert.equal(found.length, 24);
  assert.equal(new Set(found).size, 24);
});

test('a walk goes on behind a key', async (t) => {
  const cluster = await filled(t);
  assert.deepEqual(await names(cluster, { after: 'team/pod-20' }), ['pod-21', 'pod-22']);
});

test("other failures are the caller's", async (t) => {
  const cluster = await filled(t);
  cluster.server.inject({ match: PAGE, times: 10, action: { type: 'status', status: 403, reason: 'Forbidden' } });
  await assert.rejects(names(cluster), { code: 'forbidden' });
});

test('the mark is behind everything that is done, and counts agree with it, in whatever order objects end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(5), { maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      fc.nat(40),
      async (delays, width, stopAt) => {
        const watermark = createWatermark();
        const committed: string[] = [];
        async function* source(): AsyncGenerator<{
          readonly key: string;
          readonly delay: number;
          readonly finish: ReturnType<typeof watermark.start>;
        }> {
          for (const [at, delay] of delays.entries()) {
            const key = String(at).padStart(3, '0');
            yield { key, delay, finish: watermark.start(key) };
          }
        }
        await forEachConcurrently(source(), width, async ({ key, delay, finish }) => {
          for (let turn = 0; turn < delay; turn += 1) await Promise.resolve();
          if (Number(key) === stopAt) throw new Error('stopped');
          finish(() => committed.push(key));
        }).catch(() => {});
        const mark = watermark.mark();
        assert.deepEqual(committed, committed.toSorted(compareKeys));
        assert.equal(committed.at(-1), mark);
        if (stopAt < delays.length) assert.ok(mark === undefined || Number(mark) < stopAt);
        else assert.equal(committed.length, delays.length);
      },
    ),
    { numRuns: 60 },
  );
});

test('a list without an order has no mark', () => {
  const watermark = createWatermark();
  for (const key of ['b', 'a', 'c']) watermark.start(key)();
  assert.equal(watermark.mark(), undefined);
});
