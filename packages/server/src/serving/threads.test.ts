import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createControl } from '@ostiary/sandbox';
import { EvaluationPool } from '../evaluation/pool.ts';
import { SILENT_AFTER_MS } from './heartbeat.ts';
import { ServingThreads } from './threads.ts';

const EMPTY = { authentication: [], authorization: undefined, admission: undefined };

async function start(entry?: URL): Promise<{ threads: ServingThreads; pool: EvaluationPool; logged: string[] }> {
  const logged: string[] = [];
  const pool = EvaluationPool.start([createControl()]);
  const threads = await ServingThreads.start(
    {
      host: '127.0.0.1',
      port: 0,
      tls: undefined,
      apiAudiences: undefined,
      log: { level: 'error', format: 'text' },
      controls: [createControl()],
      pool,
      write: (level, message, fields) => void logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
      ...(entry && { entry }),
    },
    { number: 1, ...EMPTY },
  );
  return { threads, pool, logged };
}

async function status(threads: ServingThreads): Promise<number> {
  const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'x' } });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`http://127.0.0.1:${threads.port}/authn`, { method: 'POST', headers, body });
  return response.status;
}

/** A machine that is busy takes its time to start a thread. */
async function answersAgain(threads: ServingThreads): Promise<number> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    try {
      if (threads.replaced > 0) return await status(threads);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    if (performance.now() > deadline) throw new Error('the silent thread was not replaced');
    await sleep(100);
  }
}

test('a serving thread that falls silent is replaced on the same port, with the newest generation', async () => {
  const { threads, pool, logged } = await start(new URL('./stuck-thread.fixture.ts', import.meta.url));
  try {
    await threads.swap({ number: 2, ...EMPTY });
    assert.equal(await status(threads), 200);
    await threads.collect();
    await sleep(SILENT_AFTER_MS);
    assert.equal(await answersAgain(threads), 200);
    assert.equal(threads.replaced, 1);
    assert.match(logged.join('\n'), /serving thread replaced .*was silent for 3000 ms/);
  } finally {
    await threads.stop(1000);
    await pool.close();
  }
});

/** A thread that dies when it is asked what it has counted; the first of its successors to live is the one of this number. */
async function dying(t: TestContext, livesAt: number): Promise<{ readonly entry: URL; readonly births: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-births-'));
  const births = join(folder, 'births');
  Object.assign(process.env, { DYING_THREAD_BIRTHS: births, DYING_THREAD_LIVES_AT: String(livesAt) });
  t.after(() => rm(folder, { recursive: true }));
  return { entry: new URL('./dying-thread.fixture.ts', import.meta.url), births };
}

test('a serving thread whose successors die at birth comes back', async (t) => {
  const { entry, births } = await dying(t, 4);
  const { threads, pool, logged } = await start(entry);
  try {
    assert.equal(await status(threads), 200);
    await threads.collect();
    assert.equal(await answersAgain(threads), 200);
    assert.equal(threads.replaced, 3);
    assert.equal((await readFile(births)).length, 4);
    assert.match(logged.join('\n'), /serving thread not restarted .*ended before it listened/);
    await threads.swap({ number: 2, ...EMPTY });
    assert.equal(await status(threads), 200, 'and is told of the next generation');
  } finally {
    await threads.stop(1000);
    await pool.close();
  }
});

test('a swap does not wait for a thread that is not there', async (t) => {
  const { entry } = await dying(t, 100);
  const { threads, pool } = await start(entry);
  try {
    await threads.collect();
    await threads.swap({ number: 2, ...EMPTY });
  } finally {
    await threads.stop(1000);
    await pool.close();
  }
});

test('a port that is taken is an error that names it', async () => {
  const { threads, pool } = await start();
  try {
    await assert.rejects(
      ServingThreads.start(
        {
          host: '127.0.0.1',
          port: threads.port,
          tls: undefined,
          apiAudiences: undefined,
          log: { level: 'error', format: 'text' },
          controls: [createControl()],
          pool,
          write: () => undefined,
        },
        { number: 1, ...EMPTY },
      ),
      new RegExp(`EADDRINUSE.*${threads.port}`),
    );
  } finally {
    await threads.stop(1000);
    await pool.close();
  }
});
