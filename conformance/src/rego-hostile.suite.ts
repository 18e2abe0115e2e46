import { SandboxError } from '@ostiary/sandbox';
import * as assert from './assert.ts';
import { CALM_ANSWER, CALM_INPUT, regoCases, type RegoCase } from './rego/hostile.ts';
import type { Runner } from './runner.ts';
import { callText, outputText, type MakeGuest } from './sandbox-host.ts';

/** What must come of modules that only pretend to be compiled from Rego, in every host. */
export function hostileRegoContract({ suite, test }: Runner, makeGuest: MakeGuest): void {
  suite('hostile Rego modules', () => {
    for (const each of regoCases) test(`a module that ${each.name}`, () => check(each, makeGuest));
  });
}

function check({ module, expected }: RegoCase, makeGuest: MakeGuest): void {
  if ('refused' in expected) {
    assert.throws(
      () => makeGuest(module, ['eval']),
      (error) => error instanceof SandboxError && error.code === expected.refused && expected.says.test(error.message),
    );
    return;
  }
  const guest = makeGuest(module, ['eval']);
  for (let round = 0; round < 2; round++) {
    if (!('always' in expected)) assert.equal(outputText(callText(guest, 'eval', CALM_INPUT)), CALM_ANSWER);
    const outcome = callText(guest, 'eval', 'attack');
    if ('output' in expected) assert.equal(outputText(outcome), expected.output);
    else {
      assert.ok(!outcome.ok, 'it must fail');
      assert.equal(
        outcome.failure.code,
        'always' in expected ? expected.always : expected.failure,
        outcome.failure.message,
      );
      assert.match(outcome.failure.message, expected.says);
      assert.ok(outcome.failure.message.length < 5000, 'the message is bounded');
    }
  }
}
