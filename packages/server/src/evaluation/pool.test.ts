import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createControl, type GuestImage, type Outcome } from '@ostiary/sandbox';
import { startTicker } from '../ticker/start.ts';
import { EvaluationPool } from './pool.ts';
import type { GuestSpec } from './protocol.ts';

const LOOP = [0x03, 0x40, 0x0c, 0x00, 0x0b];
const TRAP = [0x00];

/** `(module (func (export "validate") …body…))`, small enough to write down. */
function moduleWith(body: readonly number[]): Uint8Array {
  const name = [...new TextEncoder().encode('validate')];
  const code = [0x00, ...body, 0x0b];
  const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
  return Uint8Array.from([
    0x00,
    0x61,
    0x73,
    0x6d,
    0x01,
    0x00,
    0x00,
    0x00,
    ...section(1, 1, 0x60, 0, 0),
    ...section(3, 1, 0),
    ...section(7, 1, name.length, ...name, 0x00, 0),
    ...section(10, 1, code.length, ...code),
  ]);
}

const TRIAL = { operation: 'validate', input: [] };
let keys = 0;
let pool: EvaluationPool;
let ticker: ReturnType<typeof startTicker>;

async function load(body: readonly number[], timeoutMs: number, into = pool): Promise<GuestSpec> {
  const options = { abi: 'wasi-reactor', operations: ['validate'], memoryBytes: 65_536 } as const;
  const image = await pool.compile(moduleWith(body), options, TRIAL);
  assert.ok('module' in image, JSON.stringify(image));
  const spec = { key: ++keys, image: image satisfies GuestImage, timeoutMs };
  into.add([spec]);
  return spec;
}

function codeOf(outcome: Outcome): string {
  return outcome.ok ? 'ok' : outcome.failure.code;
}

describe('the evaluation pool', () => {
  before(() => {
    const controls = [createControl(), createControl(), createControl()];
    ticker = startTicker(controls);
    pool = EvaluationPool.start(controls);
  });
  after(async () => {
    await pool.close();
    await ticker.stop();
  });

  test('runs guests, and says how each ended', async () => {
    assert.equal(codeOf(await pool.call(await load([], 1000), 'validate', [])), 'ok');
    assert.equal(codeOf(await pool.call(await load(TRAP, 1000), 'validate', [])), 'trap');
  });

  test('a refusal to compile is a value', async () => {
    const options = { abi: 'wasi-reactor', operations: ['authn'], memoryBytes: 65_536 } as const;
    assert.deepEqual(await pool.compile(moduleWith([]), options, TRIAL), {
      code: 'missing-export',
      message: "does not export the function 'authn'",
    });
  });

  test('a runaway, called as often as one likes, leaves a thread to the others and is stopped in time', async () => {
    const runaway = await load(LOOP, 300);
    const honest = await load([], 1000);
    const runaways = Array.from({ length: 4 }, () => pool.call(runaway, 'validate', []));
    const started = performance.now();
    assert.equal(codeOf(await pool.call(honest, 'validate', [])), 'ok');
    assert.ok(performance.now() - started < 250, 'the honest guest did not wait for the runaway');
    const codes = (await Promise.all(runaways)).map(codeOf);
    assert.ok(
      codes.every((code) => code === 'deadline' || code === 'unavailable'),
      codes.join(),
    );
    assert.ok(codes.filter((code) => code === 'deadline').length >= 2);
    assert.equal(pool.stats().replaced, 0, 'no thread was lost');
  });

  test('a call that finds no thread within its patience fails, and is not run later', async () => {
    const runaway = await load(LOOP, 500);
    const running = [1, 2, 3].map(() => pool.call(runaway, 'validate', [], 2000));
    const outcome = await pool.call(runaway, 'validate', [], 50);
    assert.deepEqual(!outcome.ok && outcome.failure.message, 'found no free evaluation thread within 50 ms');
    await Promise.all(running);
    assert.deepEqual(pool.stats(), { threads: 3, busy: 0, queued: 0, replaced: 0 });
  });

  test('waiting for a thread and running share one limit, and the message names it whole', async () => {
    const [first, second] = [await load(LOOP, 800), await load(LOOP, 800)];
    const running = [first, first, second].map((guest) => pool.call(guest, 'validate', []));
    const runaway = await load(LOOP, 1000);
    const started = performance.now();
    const outcome = await pool.call(runaway, 'validate', []);
    const ms = performance.now() - started;
    assert.ok(ms < 1500, `took ${ms} ms, 1000 being the limit`);
    assert.deepEqual(!outcome.ok && outcome.failure.message, 'gave no answer within its limit of 1000 ms');
    await Promise.all(running);
  });

  test('a call while loading is followed by its trial, which tells the usual time, unless the trial has no runs', async () => {
    const tried = (guest: GuestSpec, runs: number) =>
      pool.callThenWarm(guest, TRIAL, { ...TRIAL, runs, limitMs: 1000 });
    const [good, bad] = [await load([], 1000), await load(TRAP, 1000)];
    const several = await tried(good, 3);
    assert.deepEqual([codeOf(several.outcome), typeof several.usualMicros], ['ok', 'number']);
    const none = await tried(good, 0);
    assert.deepEqual([codeOf(none.outcome), none.usualMicros], ['ok', undefined]);
    const failed = await tried(bad, 0);
    assert.deepEqual([codeOf(failed.outcome), failed.usualMicros], ['trap', undefined]);
  });

  test('a guest that was removed is not run', async () => {
    const guest = await load([], 1000);
    pool.remove([guest.key]);
    assert.equal(codeOf(await pool.call(guest, 'validate', [])), 'unavailable');
  });

  test('a thread that never answers is replaced, and what costs threads again and again is quarantined', async () => {
    // Without a ticker nothing stops a guest: the fault that the supervisor is there for.
    const lonely = EvaluationPool.start([createControl(), createControl()]);
    try {
      const runaway = await load(LOOP, 50, lonely);
      for (let offence = 1; offence <= 3; offence++) {
        const outcome = await lonely.call(runaway, 'validate', [], 10_000);
        assert.match(outcome.ok ? '' : outcome.failure.message, /its thread gave no answer within 1050 ms/);
        assert.equal(lonely.stats().replaced, offence);
      }
      assert.ok(lonely.isQuarantined(runaway.key));
      const refused = await lonely.call(runaway, 'validate', []);
      assert.equal(!refused.ok && refused.failure.message, 'is quarantined: it has cost 3 threads');
      const honest = await load([], 5000, lonely);
      assert.equal(codeOf(await lonely.call(honest, 'validate', [])), 'ok', 'the others go on');
    } finally {
      await lonely.close();
    }
  });

  test('what is asked of a pool that has closed, or is left in it, fails at once', async () => {
    const closed = EvaluationPool.start([createControl()]);
    const runaway = await load(LOOP, 50_000, closed);
    const left = [closed.call(runaway, 'validate', []), closed.call(runaway, 'validate', [])];
    await closed.close();
    for (const outcome of await Promise.all([...left, closed.call(runaway, 'validate', [])])) {
      assert.match(outcome.ok ? '' : outcome.failure.message, /the server is stopping/);
    }
  });
});
