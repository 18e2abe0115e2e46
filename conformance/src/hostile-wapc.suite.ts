import { wapcCases, type Expected } from '../guests/hostile/index.ts';
import * as assert from './assert.ts';
import { OVERTIME_MS } from './hostile.suite.ts';
import type { Runner } from './runner.ts';
import { callText, LIMITS, outputText, type MakeGuest } from './sandbox-host.ts';

/** What must come of hostile waPC guests in every host. */
export function hostileWapcContract({ suite, test }: Runner, makeGuest: MakeGuest): void {
  suite('hostile waPC guests', () => {
    for (const { name, module, expected } of wapcCases) {
      test(`a guest that ${name}`, () => {
        const guest = makeGuest(module, ['validate']);
        for (let round = 0; round < 2; round++) {
          assert.equal(outputText(callText(guest, 'validate', '{}')), 'yes');
          const started = performance.now();
          check(callText(guest, 'validate', 'attack'), expected);
          assert.ok(performance.now() - started < LIMITS.timeoutMs + OVERTIME_MS, 'it ends in time');
        }
        assert.equal(outputText(callText(guest, 'validate', '{}')), 'yes');
      });
    }
  });
}

function check(outcome: ReturnType<typeof callText>, expected: Expected): void {
  if ('output' in expected) {
    assert.equal(outputText(outcome), expected.output);
    return;
  }
  assert.ok('failure' in expected);
  assert.ok(!outcome.ok, 'it must fail');
  assert.equal(outcome.failure.code, expected.failure, outcome.failure.message);
  assert.match(outcome.failure.message, expected.says ?? /./);
  assert.ok(outcome.failure.message.length < 5000, 'the message is bounded');
}
