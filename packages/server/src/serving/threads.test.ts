import assert from 'node:assert/strict';
import { test } from 'node:test';
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
