import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { createControl, type HostAnswer, type HostCall, type Outcome } from '@ostiary/sandbox';
import { EvaluationPool } from '../evaluation/pool.ts';
import type { Asker } from '../hostcalls/contract.ts';
import { askingImage, payloadText, reply, steps } from '../hostcalls/testing/asking-guest.ts';
import { startTicker } from '../ticker/start.ts';
import { createRunner, type Delegate, type Runner, type RunThread } from './runner.ts';

const image = askingImage();
const control = createControl();
const pools = [createControl(), createControl()];
let ticker: ReturnType<typeof startTicker>;
let pool: EvaluationPool;
let keys = 0;

interface Subject {
  readonly runner: Runner;
  /** How each request ended, and where. */
  readonly counted: (readonly [code: string, thread: RunThread])[];
}

/** A runner whose other thread is real. */
function subject(usualMicros = 10, timeoutMs = 2000): Subject {
  const guest = { key: ++keys, image, timeoutMs };
  pool.add([guest]);
  const delegate: Delegate = async (_key, operation, input, facts) =>
    facts
      ? pool.converse(guest, operation, input, facts)
      : { outcome: await pool.call(guest, operation, input), said: [] };
  const counted: [string, RunThread][] = [];
  const count = (outcome: Outcome, thread: RunThread): void => void counted.push([codeOf(outcome), thread]);
  return { runner: createRunner({ guest, usualMicros }, control, delegate, count), counted };
}

interface Listener extends Asker {
  readonly asked: string[];
  readonly logged: string[];
}

/** Answers by `answer`, and knows what is in `known`. */
function listener(
  answer: (call: HostCall) => Promise<HostAnswer> = async (call) => reply(`<${payloadText(call)}>`),
  known: Readonly<Record<string, string>> = {},
): Listener {
  const asked: string[] = [];
  const logged: string[] = [];
  return {
    asked,
    logged,
    known: (call) => (payloadText(call) in known ? reply(known[payloadText(call)]!) : undefined),
    ask: (call) => (asked.push(payloadText(call)), answer(call)),
    log: (call) => void logged.push(payloadText(call)),
  };
}

function codeOf(outcome: Outcome): string {
  return outcome.ok ? 'ok' : outcome.failure.code;
}

function textOf(outcome: Outcome): string {
  return outcome.ok ? payloadText({ payload: outcome.output }) : outcome.failure.message;
}

describe('a runner whose guest asks its host', () => {
  before(async () => {
    ticker = startTicker([control, ...pools]);
    pool = EvaluationPool.start(pools);
    // The ticker's thread takes a moment to start.
    await delay(300);
  });
  after(async () => {
    await pool.close();
    await ticker.stop();
  });

  test('answers at once when all answers are known', async () => {
    const { runner } = subject();
    const asker = listener(undefined, { a: 'A' });
    // A machine that is busy may take this thread's core away in the middle of a run, which then goes elsewhere.
    const outcomes = Array.from({ length: 5 }, () => runner.run('validate', steps('a', '!x'), asker));
    assert.ok(outcomes.some((outcome) => !(outcome instanceof Promise)));
    for (const outcome of outcomes) assert.equal(textOf(await outcome), 'A');
    assert.deepEqual(asker.asked, []);
  });

  for (const [where, usualMicros] of [
    ['serving', 10],
    ['evaluation', 10_000],
  ] as const) {
    test(`asks each question once, counts once and logs once, on the ${where} thread`, async () => {
      const { runner, counted } = subject(usualMicros);
      const asker = listener();
      const outcome = await runner.run('validate', steps('!x', 'a', '!y', 'b', 'a', '!z'), asker);
      assert.equal(textOf(outcome), '<a><b><a>');
      assert.deepEqual(asker.asked, ['a', 'b']);
      assert.deepEqual(asker.logged, ['x', 'y', 'z']);
      assert.equal(counted.length, 1);
      if (where === 'evaluation') assert.deepEqual(counted, [['ok', where]]);
    });

    test(`gives a refusal to the guest, on the ${where} thread`, async () => {
      const { runner } = subject(usualMicros);
      const asker = listener(async () => ({ ok: false, error: 'unknown operation: ask' }));
      const outcome = await runner.run('validate', steps('!x', 'a'), asker);
      assert.deepEqual([codeOf(outcome), textOf(outcome)], ['guest-error', 'unknown operation: ask']);
      assert.deepEqual(asker.logged, ['x'], 'what it logged before it failed is told');
    });

    test(`is over at the guest's limit, waiting included, on the ${where} thread`, async () => {
      const { runner, counted } = subject(usualMicros, 150);
      const started = performance.now();
      const outcome = await runner.run(
        'validate',
        steps('a'),
        listener(() => new Promise(() => undefined)),
      );
      const took = performance.now() - started;
      assert.equal(
        textOf(outcome),
        "gave no answer within its limit of 150 ms, waiting for host capability 'kubernetes/ask' of 'kubewarden'",
      );
      assert.equal(counted[0]?.[0], 'deadline');
      assert.ok(took >= 140 && took < 1000, `${took} ms`);
    });

    test(`stops a guest that loops after its answer at the limit of the request, on the ${where} thread`, async () => {
      const { runner } = subject(usualMicros, 800);
      const started = performance.now();
      const slowly = async (): Promise<HostAnswer> => delay(600).then(() => reply('A'));
      const outcome = await runner.run('validate', steps('a', '∞'), listener(slowly));
      const took = performance.now() - started;
      assert.equal(textOf(outcome), 'gave no answer within its limit of 800 ms');
      assert.ok(took >= 700 && took < 1300, `${took} ms`);
    });
  }

  test('fails a request of more than 1,000 different questions, known or not', async () => {
    const questions = Array.from({ length: 1001 }, (_, index) => `q${index}`);
    const known = Object.fromEntries(questions.map((each) => [each, '']));
    for (const asker of [listener(async () => reply('')), listener(undefined, known)]) {
      const outcome = await subject(10, 20_000).runner.run('validate', steps(...questions), asker);
      assert.deepEqual(
        [codeOf(outcome), textOf(outcome)],
        ['host-limit', 'asked its host more than 1000 different questions'],
      );
    }
  });

  test('a question once answered stays answered, also when the answer has changed meanwhile', async () => {
    let current = 0;
    const asker = {
      ...listener(),
      known: (call: HostCall) => (payloadText(call) === 'a' ? reply(`${++current}`) : undefined),
    };
    assert.equal(textOf(await subject().runner.run('validate', steps('a', 'b', 'a', 'c'), asker)), '1<b>1<c>');
  });

  test('a host that breaks its word is an error that the guest is told of, in no detail', async () => {
    const asker = listener(async () => Promise.reject(new Error('token abc')));
    assert.equal(textOf(await subject().runner.run('validate', steps('a'), asker)), 'the host failed to answer');
  });

  test('without anyone to ask, log lines are taken and questions refused', async () => {
    const outcome = await subject().runner.run('validate', steps('!x'));
    assert.ok(outcome.ok);
    const refused = await subject().runner.run('validate', steps('!x', 'a'));
    assert.equal(textOf(refused), "host capability 'kubernetes/ask' of 'kubewarden' is not available");
  });

  test('gives the same answer whatever is known, comes late or runs where', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const request = fc.record({ asked: fc.array(name, { maxLength: 8 }), known: fc.array(name), slow: fc.boolean() });
    const requests = fc.array(request, { minLength: 1, maxLength: 5 });
    const subjects = [subject(), subject(10_000)];
    const late = async (call: HostCall): Promise<HostAnswer> =>
      delay(Math.random() * 3).then(() => reply(payloadText(call).toUpperCase()));
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        const outcomes = all.map(async ({ asked, known, slow }) => {
          const asker = listener(late, Object.fromEntries(known.map((each) => [each, each.toUpperCase()])));
          return subjects[slow ? 1 : 0]!.runner.run('validate', steps(...asked), asker);
        });
        const texts = (await Promise.all(outcomes)).map(textOf);
        assert.deepEqual(
          texts,
          all.map(({ asked }) => asked.join('').toUpperCase()),
        );
      }),
      { numRuns: 30 },
    );
  });

  test('waiting makes no guest slow', async () => {
    const { runner, counted } = subject();
    const slowly = async (): Promise<HostAnswer> => delay(20).then(() => reply('A'));
    for (let call = 0; call < 20; call++) await runner.run('validate', steps('a'), listener(slowly));
    // Were the waiting its own, all but the first would run elsewhere.
    assert.ok(counted.filter(([, thread]) => thread === 'serving').length >= 10);
  });

  test('100 requests that wait half a second hold nobody up', async () => {
    const waiting = subject().runner;
    const other = subject().runner;
    const slowly = async (): Promise<HostAnswer> => delay(500).then(() => reply('A'));
    const asker = listener(slowly);
    const started = performance.now();
    const requests = Array.from({ length: 100 }, async () => waiting.run('validate', steps('a', 'b'), asker));
    const times: number[] = [];
    while (performance.now() - started < 900) {
      const before = performance.now();
      assert.equal(textOf(await other.run('validate', steps('a'), listener(undefined, { a: 'A' }))), 'A');
      await delay(1);
      times.push(performance.now() - before);
    }
    const outcomes = await Promise.all(requests);
    assert.ok(outcomes.every((outcome) => textOf(outcome) === 'AA'));
    assert.ok(performance.now() - started < 1900, 'they wait side by side');
    // A thread that waited itself would stand still for half a second; what is below that is the machine's own load.
    assert.ok(Math.max(...times) < 400, `${Math.max(...times)} ms`);
  });
});
