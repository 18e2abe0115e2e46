import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SandboxError, type Guest } from '@ostiary/sandbox';
import {
  CALM_INPUT,
  CLEAN_ANSWER,
  hostileCases,
  optionalFeatures,
  type Expected,
  type HostileCase,
} from '../guests/hostile/index.ts';
import { callText, LIMITS, outputText, sandboxHost } from './sandbox-host.ts';

/**
 * How much longer than its time limit a call may hold the thread: host functions and bulk operations over all of the
 * memory can't be interrupted, and the machines that run this are busy.
 */
const OVERTIME_MS = 700;

const makeGuest = await sandboxHost('wasi-reactor');
const load = ({ module }: Pick<HostileCase, 'module'>): Guest => makeGuest(module, ['validate']);

for (const [theme, cases] of Object.entries(hostileCases)) {
  suite(`hostile guests: ${theme}`, () => {
    for (const hostile of cases) test(`a guest that ${hostile.name}`, () => check(hostile));
  });
}

function check(hostile: HostileCase): void {
  const { expected } = hostile;
  if ('refused' in expected) {
    assert.throws(
      () => load(hostile),
      (error) => error instanceof SandboxError && error.code === expected.refused && expected.says.test(error.message),
    );
    return;
  }
  const guest = load(hostile);
  if ('always' in expected) {
    attack(guest, { failure: expected.always });
    attack(guest, { failure: expected.always });
    return;
  }
  behave(guest);
  attack(guest, expected);
  behave(guest);
  attack(guest, expected);
  attack(guest, expected);
  behave(guest);
}

function behave(guest: Guest): void {
  assert.equal(outputText(callText(guest, 'validate', CALM_INPUT)), CLEAN_ANSWER);
}

function attack(guest: Guest, expected: Exclude<Expected, { refused: unknown } | { always: unknown }>): void {
  const started = performance.now();
  const outcome = callText(guest, 'validate', 'attack');
  const took = performance.now() - started;
  assert.ok(took < LIMITS.timeoutMs + OVERTIME_MS, `it held the thread for ${took.toFixed(0)} ms`);
  assert.ok(outcome.micros <= took * 1000 + 1000, 'the reported time is that of the call');
  if ('output' in expected) {
    assert.equal(outputText(outcome), expected.output, JSON.stringify(outcome));
    return;
  }
  assert.ok(!outcome.ok, 'it must fail');
  assert.equal(outcome.failure.code, expected.failure, outcome.failure.message);
  assert.match(outcome.failure.message, expected.says ?? /./);
  assert.ok(Buffer.byteLength(outcome.failure.stderr) <= 4096, 'of stderr no more than 4 KiB is kept');
}

suite('features that a host may refuse', () => {
  for (const [feature, module] of Object.entries(optionalFeatures)) {
    test(`a guest with ${feature} is refused or bound by the limits`, () => {
      let guest: Guest;
      try {
        guest = load({ module });
      } catch (error) {
        assert.ok(error instanceof SandboxError, String(error));
        assert.equal(error.code, 'invalid-module');
        return;
      }
      attack(guest, { failure: 'deadline' });
    });
  }
});
