import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { HostCall } from '@ostiary/sandbox';
import { converse } from './converse.ts';
import { EMPTY_WORLD } from './world.ts';
import type { Turn, World } from './host.ts';

const encoder = new TextEncoder();
const QUESTIONER = { policy: 'p', grants: { hostCapabilities: ['*'], contextAwareResources: [] } };

function callOf(text: string, namespace = 'kubernetes'): HostCall {
  const operation = namespace === 'tracing' ? 'log' : 'get_resource';
  return { binding: 'kubewarden', namespace, operation, payload: encoder.encode(text) };
}

/** A guest that asks these questions one after the other, and gives up at the first whose answer is not there. */
function guest(...questions: readonly HostCall[]): Turn {
  return (calls) => {
    calls.begin?.();
    for (const question of questions) {
      if (calls.call(question)) continue;
      const failure = { code: 'awaiting-host', message: 'waits', stderr: '' } as const;
      return { ok: false, failure, awaiting: question, micros: 1 };
    }
    return { ok: true, output: new Uint8Array(), micros: 1 };
  };
}

/** A world that notes what it is asked, and repeats it. */
function echo(ordered: boolean): World & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    ...EMPTY_WORLD,
    ordered,
    asked,
    async answer({ payload }) {
      asked.push(new TextDecoder().decode(payload));
      return { ok: true, payload };
    },
  };
}

suite('conversations', () => {
  const questions = ['a', 'a', 'b', 'a'].map((text) => callOf(text));

  for (const [ordered, expected] of [
    [true, ['a', 'a', 'b', 'a']],
    [false, ['a', 'b']],
  ] as const) {
    test(`ask ${ordered ? 'every question, in order,' : 'each question once'} of a world that is ${ordered ? '' : 'not '}ordered`, async () => {
      const world = echo(ordered);
      const { outcome, exchanges } = await converse(world, QUESTIONER, 1000, guest(...questions));
      assert.ok(outcome.ok);
      assert.deepEqual(world.asked, expected);
      // Whatever was asked anew, the guest was told four times.
      assert.equal(exchanges.length, 4);
    });
  }

  test('keep the log lines of the last run alone', async () => {
    const turn = guest(callOf('one', 'tracing'), callOf('a'), callOf('two', 'tracing'), callOf('b'));
    const { said } = await converse(echo(false), QUESTIONER, 1000, turn);
    assert.deepEqual(
      said.map(({ payload }) => new TextDecoder().decode(payload)),
      ['one', 'two'],
    );
  });

  test('tell the guest what went wrong in the world', async () => {
    const world: World = { ...EMPTY_WORLD, answer: () => Promise.reject(new Error('no cluster')) };
    const { outcome, exchanges } = await converse(world, QUESTIONER, 1000, guest(callOf('a')));
    assert.ok(outcome.ok);
    assert.deepEqual(exchanges[0]?.answer, { ok: false, error: 'no cluster' });
  });

  test('end when the world does not answer in time', async () => {
    const world: World = { ...EMPTY_WORLD, answer: () => new Promise(() => undefined) };
    // A timer of the test keeps the process alive, as the request's own does not.
    const alive = setInterval(() => undefined, 1000);
    const { outcome } = await converse(world, QUESTIONER, 50, guest(callOf('a')));
    clearInterval(alive);
    assert.ok(!outcome.ok);
    assert.equal(outcome.failure.code, 'deadline');
  });

  test('end with a guest that always asks something new', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => callOf(String(index)));
    const { outcome } = await converse(echo(false), QUESTIONER, 60_000, guest(...many));
    assert.ok(!outcome.ok);
    assert.equal(outcome.failure.code, 'host-limit');
  });
});
