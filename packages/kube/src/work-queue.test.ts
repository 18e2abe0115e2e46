import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { until } from './testing/fixtures.ts';
import { createWorkQueue } from './work-queue.ts';

const fast = { rate: { perSecond: 10_000, burst: 10_000 } };

test('a name waits once, runs alone, and runs again if it was added meanwhile', async () => {
  const queue = createWorkQueue(fast);
  const stop = new AbortController();
  const handled: string[] = [];
  let inside = 0;
  queue.add('a');
  queue.add('a');
  queue.add('b');
  assert.deepEqual(queue.metrics(), { depth: 2, delayed: 0, running: 0, adds: 2, retries: 0 });
  const running = queue.run(
    4,
    async (item) => {
      if (item === 'a') {
        inside += 1;
        assert.equal(inside, 1);
        if (handled.length < 2) {
          queue.add('a');
          queue.add('a');
        }
        await sleep(5);
        inside -= 1;
      }
      handled.push(item);
    },
    stop.signal,
  );
  await until(() => handled.length === 3);
  await sleep(20);
  assert.deepEqual(handled.toSorted(), ['a', 'a', 'b']);
  stop.abort();
  await running;
});

test('failures wait twice as long every time, and a success forgets', async () => {
  const times: number[] = [];
  const errors: unknown[] = [];
  const queue = createWorkQueue({ rate: { ...fast.rate, baseDelayMs: 10 }, onError: (_, error) => errors.push(error) });
  const stop = new AbortController();
  const running = queue.run(
    1,
    async () => {
      times.push(performance.now());
      if (times.length < 5) throw new Error('no');
    },
    stop.signal,
  );
  queue.add('a');
  await until(() => times.length === 5);
  const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  for (const [index, wait] of waits.entries()) assert.ok(wait >= 10 * 2 ** index - 2, `${wait} at ${index}`);
  assert.equal(errors.length, 4);
  assert.equal(queue.metrics().retries, 4);
  stop.abort();
  await running;
});

test('the earliest time counts, and a handler can ask to come again', async () => {
  const queue = createWorkQueue(fast);
  const stop = new AbortController();
  let count = 0;
  const started = performance.now();
  queue.addAfter('a', 10_000);
  queue.addAfter('a', 30);
  queue.addAfter('a', 20_000);
  assert.equal(queue.metrics().delayed, 1);
  const running = queue.run(
    1,
    async () => {
      count += 1;
      return count === 1 ? { requeueAfterMs: 10 } : undefined;
    },
    stop.signal,
  );
  await until(() => count === 2);
  const took = performance.now() - started;
  assert.ok(took >= 38 && took < 3000, `${took}`);
  stop.abort();
  await running;
});

test('the queue as a whole has a limit', () => {
  const queue = createWorkQueue({ rate: { perSecond: 1, burst: 2, baseDelayMs: 0 } });
  for (const item of ['a', 'b', 'c', 'd']) queue.addRateLimited(item);
  assert.deepEqual([queue.metrics().depth, queue.metrics().delayed], [2, 2]);
  // A process must not wait for these timers.
  const stop = AbortSignal.abort();
  return queue.run(1, async () => {}, stop);
});

test('the end waits for handlers, drops what waits, and takes nothing more', async () => {
  const queue = createWorkQueue(fast);
  const stop = new AbortController();
  const done: string[] = [];
  for (const item of ['a', 'b', 'c']) queue.add(item);
  queue.addAfter('d', 1);
  const running = queue.run(
    1,
    async (item, signal) => {
      stop.abort();
      assert.ok(signal.aborted);
      await sleep(20);
      done.push(item);
    },
    stop.signal,
  );
  await running;
  queue.add('e');
  queue.addAfter('f', 1);
  assert.deepEqual(done, ['a']);
  assert.deepEqual({ ...queue.metrics(), adds: 0 }, { depth: 0, delayed: 0, running: 0, adds: 0, retries: 0 });
});

test('every name is handled after its last addition, under many workers', async () => {
  const queue = createWorkQueue(fast);
  const stop = new AbortController();
  const wanted = new Map<string, number>();
  const seen = new Map<string, number>();
  const running = queue.run(
    8,
    async (item) => {
      const value = wanted.get(item) ?? 0;
      await sleep(Math.random() * 2);
      seen.set(item, value);
      if (Math.random() < 0.1) throw new Error('now and then');
    },
    stop.signal,
  );
  for (let index = 0; index < 2000; index += 1) {
    const item = String(index % 17);
    wanted.set(item, index);
    queue.add(item);
    if (index % 50 === 0) await sleep(1);
  }
  await until(() => queue.metrics().depth + queue.metrics().running + queue.metrics().delayed === 0);
  assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(wanted));
  stop.abort();
  await running;
});
