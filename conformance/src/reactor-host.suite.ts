import type { Guest } from '@ostiary/sandbox';
import * as assert from './assert.ts';
import { answer } from './conversation.ts';
import type { Runner } from './runner.ts';
import { callText, outputText } from './sandbox-host.ts';

/** The operations of the probe, and what each is there for. */
export const PROBES = {
  echo: 'answers with its input',
  count: 'counts its calls in a global and in memory',
  now: 'reads the clocks and random bytes',
  surroundings: 'looks for arguments, environment and files',
  fail: 'writes to stderr and dies',
  exit_zero: 'exits with 0',
  exit_one: 'answers, then exits with 1',
};

/** What the host shows a module: its input, clocks, random bytes, and nothing else. */
export function surroundings({ test }: Runner, probe: Guest): void {
  test('input arrives byte for byte, in however many parts', () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 0xff);
    const whole = probe.call('echo', [bytes]);
    const parts = probe.call('echo', [
      bytes.subarray(0, 1),
      new Uint8Array(),
      bytes.subarray(1, 70_000),
      bytes.subarray(70_000),
    ]);
    for (const outcome of [whole, parts]) {
      assert.ok(outcome.ok);
      assert.deepEqual(outcome.output, bytes);
    }
    assert.equal(outputText(callText(probe, 'echo', '')), '');
  });
  test('the clock is real and runs', () => {
    const before = Date.now();
    const { unixMillis, elapsedNanos } = answer(probe, 'now') as { unixMillis: number; elapsedNanos: number };
    assert.ok(unixMillis >= before - 1 && unixMillis <= Date.now() + 1, `${unixMillis}`);
    assert.ok(elapsedNanos >= 0 && elapsedNanos < 1e9, `${elapsedNanos}`);
  });
  test('random bytes differ from call to call', () => {
    const seen = new Set(Array.from({ length: 10 }, () => answer(probe, 'now')['random']));
    assert.equal(seen.size, 10);
  });
  test('there are no arguments, no environment and no files', () => {
    const { environment, files } = answer(probe, 'surroundings');
    assert.deepEqual({ environment, files }, { environment: 0, files: false });
    assert.equal(answer(probe, 'surroundings')['arguments'], 0);
  });
  test('a failure carries what was written to stderr', () => {
    const outcome = callText(probe, 'fail', '');
    assert.ok(!outcome.ok);
    assert.ok(outcome.failure.code === 'trap' || outcome.failure.code === 'exit', outcome.failure.code);
    assert.match(outcome.failure.stderr, /^stderr output\n/);
    assert.doesNotMatch(outcome.failure.message, /stderr output/);
  });
  for (const operation of ['exit_zero', 'exit_one']) {
    test(`${operation} is a failure, and no answer counts`, () => {
      const outcome = callText(probe, operation, '');
      assert.ok(!outcome.ok);
      assert.equal(outcome.failure.code, 'exit');
    });
  }
}

/** That no call leaves anything for the next one. */
export function isolation({ test }: Runner, probe: Guest, gates: Guest): void {
  const first = { global: 1, memory: 1 };
  test('each call is the first one', () => {
    for (let call = 0; call < 20; call++) assert.deepEqual(answer(probe, 'count'), first);
  });
  for (const operation of ['fail', 'exit_zero', 'exit_one', 'echo', 'now']) {
    test(`a call after ${operation} is the first one too`, () => {
      callText(probe, operation, 'x'.repeat(100_000));
      assert.deepEqual(answer(probe, 'count'), first);
    });
  }
  test('nothing of one request is in the answer to the next', () => {
    const tokens = ['secret-one', 'my-test-token', 'secret-two', ''];
    for (const [index, token] of tokens.entries()) {
      const answered = outputText(callText(gates, 'authn', JSON.stringify({ request: { spec: { token } } })));
      assert.ok(answered !== undefined);
      for (const earlier of tokens.slice(0, index)) assert.ok(!answered.includes(earlier));
    }
  });
}
