import { SandboxError, type Guest, type Outcome } from '@ostiary/sandbox';
import {
  answerWithCode,
  CALM_INPUT,
  growthGuest,
  CLEAN_ANSWER,
  hostileCases,
  remnantGuests,
  type Expected,
  type HostileCase,
} from '../guests/hostile/index.ts';
import * as assert from './assert.ts';
import type { Runner } from './runner.ts';
import { callText, LIMITS, outputText, type MakeGuest } from './sandbox-host.ts';

/**
 * How much longer than its time limit a call may hold the thread: host functions and bulk operations over all of the
 * memory can't be interrupted, and the machines that run this are busy.
 */
export const OVERTIME_MS = 700;

/** Makes a guest of a hostile module, whose only operation is `validate`. */
type Load = (module: Uint8Array) => Guest;

/** What must come of hostile reactors in every host. */
export function hostileContract(runner: Runner, makeGuest: MakeGuest): void {
  const { suite, test } = runner;
  const load: Load = (module) => makeGuest(module, ['validate']);
  for (const [theme, cases] of Object.entries(hostileCases)) {
    suite(`hostile guests: ${theme}`, () => {
      for (const hostile of cases) test(`a guest that ${hostile.name}`, () => check(hostile, load));
    });
  }
  suite('memory that an earlier call has grown', () => growth(runner, load));
  suite('what a call has written', () => remnants(runner, load));
}

function check({ module, expected }: HostileCase, load: Load): void {
  if ('refused' in expected) {
    assert.throws(
      () => load(module),
      (error) => error instanceof SandboxError && error.code === expected.refused && expected.says.test(error.message),
    );
    return;
  }
  const guest = load(module);
  if ('always' in expected) {
    attack(guest, { failure: expected.always });
    attack(guest, { failure: expected.always });
    return;
  }
  behave(guest);
  attack(guest, expected);
  attack(guest, expected);
  behave(guest);
}

function behave(guest: Guest): void {
  const outcome = callText(guest, 'validate', CALM_INPUT);
  assert.ok(outcome.ok, 'failure' in outcome ? outcome.failure.message : '');
  assert.equal(outputText(outcome), CLEAN_ANSWER);
}

function attack(
  guest: Guest,
  expected: Exclude<Expected, { refused: unknown } | { always: unknown }>,
  command = 'attack',
): void {
  const started = performance.now();
  const outcome = callText(guest, 'validate', command);
  const took = performance.now() - started;
  assert.ok(took < LIMITS.timeoutMs + OVERTIME_MS, `it held the thread for ${took.toFixed(0)} ms`);
  assert.ok(outcome.micros <= took * 1000 + 1000, 'the reported time is that of the call');
  if ('output' in expected) {
    assert.ok(outcome.ok, 'failure' in outcome ? outcome.failure.message : '');
    assert.equal(outputText(outcome), expected.output);
    return;
  }
  assert.ok(!outcome.ok, 'it must fail');
  assert.equal(outcome.failure.code, expected.failure, outcome.failure.message);
  assert.match(outcome.failure.message, expected.says ?? /./);
  assert.ok(new TextEncoder().encode(outcome.failure.stderr).length <= 4096, 'of stderr no more than 4 KiB is kept');
}

function growth({ test }: Runner, load: Load): void {
  const guest = load(growthGuest);
  const expect = (command: string, expected: Parameters<typeof attack>[1]): void => attack(guest, expected, command);

  test('is gone: the size is what it was', () => {
    expect('grow', { output: answerWithCode(2) });
    expect('tell', { output: answerWithCode(1) });
  });
  // A host may leave room behind the end, which then reads as zeros; but not as something that another call wrote, nor
  // in one way before a call has grown it and in another way after.
  for (const look of ['look', 'end', 'straddle']) {
    test(`is gone: ${look} shows the same before and after`, () => {
      const fresh = what(callText(load(growthGuest), 'validate', look));
      assert.ok(fresh === 'trap' || fresh === CLEAN_ANSWER, fresh);
      for (const writing of ['grow', 'write', 'fill']) {
        callText(guest, 'validate', writing);
        assert.equal(what(callText(guest, 'validate', look)), fresh, `after ${writing}`);
      }
    });
  }
  test('is zero when it is grown again', () => {
    expect('grow', { output: answerWithCode(2) });
    expect('zero', { output: answerWithCode(0) });
    expect('grow', { output: answerWithCode(2) });
    behave(guest);
    expect('zero', { output: answerWithCode(0) });
  });
}

function remnants({ test }: Runner, load: Load): void {
  for (const [name, module] of Object.entries(remnantGuests)) {
    test(`${name}: is there in the same call and gone in the next`, () => {
      const guest = load(module);
      attack(guest, { output: answerWithCode(0) }, 'look');
      attack(guest, { output: answerWithCode(1) }, `write ${'and look '.repeat(5000)}`);
      attack(guest, { output: answerWithCode(0) }, 'look');
    });
  }
}

function what(outcome: Outcome): string {
  return outcome.ok ? (outputText(outcome) ?? '') : outcome.failure.code;
}
