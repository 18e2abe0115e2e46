import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '@ostiary/kube';
import { readPolicy } from '../policies/read.ts';
import { makePlan, type PlannedPolicy } from '../plan/plan.ts';
import { clusterPolicy, PODS } from '../testing/cluster.ts';
import { fakePolicyServer, type FakeAnswer } from '../testing/policy-server.ts';
import { readAnswer } from './answer.ts';
import { EvaluationError, type Evaluator } from './evaluator.ts';
import { createHttpEvaluator } from './http.ts';
import { createLimiter } from './limiter.ts';

function planned(spec: object = {}): PlannedPolicy {
  const policies = [readPolicy(clusterPolicy('p', spec), 'cluster')];
  const {
    policies: [one],
  } = makePlan({ policies, resources: [PODS], idOf: () => 'kw.cap.p', disposition: () => ({ type: 'evaluate' }) });
  assert.ok(one);
  return one;
}

async function evaluatorOf(url: string, patienceMs = 0): Promise<Evaluator> {
  return createHttpEvaluator({ serverOf: () => new URL(url), maxSockets: 4, patienceMs });
}

const REVIEW = Buffer.from('{"request":{"uid":"u"}}');

const ANSWERS: readonly (readonly [answer: FakeAnswer, expected: object])[] = [
  [{ allowed: true }, { allowed: true }],
  [{ allowed: false, message: 'no' }, { allowed: false }],
  [
    { allowed: false, code: 500, message: 'trapped' },
    { code: 'failed', message: 'trapped' },
  ],
  [{ status: 404 }, { code: 'unknown-policy' }],
  [{ status: 500, body: 'x' }, { code: 'failed' }],
  [{ status: 503 }, { code: 'unavailable' }],
  [{ status: 429 }, { code: 'unavailable' }],
  [{ status: 200, body: 'nonsense' }, { code: 'bad-answer' }],
  [{ status: 200, body: '{"response":{"allowed":"true"}}' }, { code: 'bad-answer' }],
  [{ status: 200, body: '[]' }, { code: 'bad-answer' }],
  [{ status: 302 }, { code: 'failed' }],
  ['drop', { code: 'unavailable' }],
  ['hang', { code: 'timeout' }],
];

for (const [answer, expected] of ANSWERS) {
  test(`a server that answers ${JSON.stringify(answer)}`, async (t) => {
    const server = await fakePolicyServer(t, () => answer);
    const evaluator = await evaluatorOf(server.url);
    const verdict = evaluator.evaluate(planned({ timeoutSeconds: 0.5 }), REVIEW);
    if ('code' in expected) await assert.rejects(verdict, expected);
    else assert.equal((await verdict).allowed, (expected as { allowed: boolean }).allowed);
  });
}

test('nothing that a server says is a verdict unless it is one', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (body) => {
        try {
          assert.equal(typeof readAnswer({ status: 200, body }).allowed, 'boolean');
        } catch (error) {
          assert.ok(error instanceof EvaluationError && error.code === 'bad-answer');
        }
      },
    ),
  );
});

test('policies are asked under their names', async (t) => {
  const server = await fakePolicyServer(t, () => ({ allowed: true }));
  await (await evaluatorOf(server.url)).evaluate(planned(), REVIEW);
  assert.deepEqual(
    server.asked.map(({ policy }) => policy),
    ['kw.cap.p'],
  );
});

test('certificates that can not be read, or are none, end the audit before it begins', async () => {
  const serverOf = (): URL => new URL('https://127.0.0.1');
  for (const files of [
    { extraCa: '/nowhere' },
    { clientCert: import.meta.filename, clientKey: import.meta.filename },
  ]) {
    const opened = createHttpEvaluator({ serverOf, maxSockets: 1, ...files });
    await assert.rejects(opened, { code: 'bad-certificates' });
  }
});

test('connections that are replaced are taken from nobody who is about to ask', async (t) => {
  const server = await fakePolicyServer(t, () => ({ allowed: true }));
  let time = 0;
  const clock = { ...systemClock, now: () => time };
  const serverOf = (): URL => new URL(server.url);
  const evaluator = await createHttpEvaluator({ serverOf, maxSockets: 4, patienceMs: 0, clock });
  const policy = planned();
  await evaluator.evaluate(policy, REVIEW);
  time = 60_000;
  // One request opens new connections, and in each turn until they are there another one comes.
  const asked: Promise<unknown>[] = [];
  for (let turn = 0; turn < 300; turn += 1) {
    asked.push(evaluator.evaluate(policy, REVIEW));
    await (turn % 10 === 9 ? new Promise(setImmediate) : Promise.resolve());
  }
  const failures = (await Promise.allSettled(asked)).filter(({ status }) => status === 'rejected');
  assert.deepEqual(failures, []);
  await evaluator.close?.();
});

/** A server of so many workers, in time of its own: what is beyond them waits. */
async function simulate(workers: number, requests: number): Promise<{ readonly limit: number; readonly peak: number }> {
  let time = 0;
  const busy: number[] = [];
  const events: { readonly at: number; readonly run: () => void }[] = [];
  const limiter = createLimiter({ max: 500, now: () => time });
  let peak = 0;
  const work = (): Promise<void> =>
    new Promise((resolve) => {
      peak = Math.max(peak, limiter.running);
      const free = busy.length < workers ? time : (busy.shift() ?? time);
      const at = Math.max(free, time) + 20;
      busy.push(at);
      busy.sort((a, b) => a - b);
      events.push({ at, run: resolve });
    });
  const all = Promise.all(Array.from({ length: requests }, () => limiter.run(work)));
  for (let done = 0; done < requests; done += 1) {
    await new Promise(setImmediate);
    events.sort((a, b) => a.at - b.at);
    const next = events.shift();
    if (next === undefined) continue;
    time = next.at;
    next.run();
  }
  await all;
  return { limit: limiter.limit, peak };
}

for (const workers of [2, 16, 64]) {
  test(`the limit finds out that a server has ${workers} workers`, async () => {
    const { limit, peak } = await simulate(workers, 5500);
    assert.ok(limit >= Math.min(workers, 40) && limit <= workers * 4 + 4, `the limit is ${limit}`);
    assert.ok(peak <= workers * 5 + 8, `${peak} at the same time`);
  });
}

test('refusals lower the limit to one at least', () => {
  let time = 0;
  const limiter = createLimiter({ max: 100, initial: 64, now: () => time });
  for (let at = 0; at < 100; at += 1) {
    time += 1000;
    limiter.overloaded();
  }
  assert.equal(limiter.limit, 1);
});
