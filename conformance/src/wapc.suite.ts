import * as assert from './assert.ts';
import type { Runner } from './runner.ts';
import { callText, outputText, type MakeGuest } from './sandbox-host.ts';

const OPERATIONS = ['validate', 'validate_settings', 'protocol_version', 'count', 'fail', 'trap', 'unknown'] as const;

/**
 * What every Kubewarden policy over waPC must do in every host (contract: policy-server §7.1), whatever its start-up is.
 * The guests refuse each call until they were started in the right order.
 */
export function wapcContract(
  { suite, test }: Runner,
  toolchain: string,
  module: Uint8Array,
  makeGuest: MakeGuest,
): void {
  const guest = makeGuest(module, OPERATIONS);
  const ask = (operation: (typeof OPERATIONS)[number], payload: unknown): unknown => {
    const outcome = callText(guest, operation, JSON.stringify(payload));
    assert.ok(outcome.ok, 'failure' in outcome ? outcome.failure.message : '');
    return JSON.parse(outputText(outcome) ?? '');
  };
  const fails = (operation: (typeof OPERATIONS)[number], payload: string, code: string, text: RegExp): void => {
    const outcome = callText(guest, operation, payload);
    assert.ok(!outcome.ok);
    assert.equal(outcome.failure.code, code);
    assert.match(outcome.failure.message, text);
  };

  const valid = (settings: unknown): unknown => (ask('validate_settings', settings) as { valid: unknown }).valid;

  suite(`${toolchain}: the waPC contract`, () => {
    test('the protocol version', () => assert.equal(ask('protocol_version', null), 'v1'));
    test('settings are accepted or refused', () => {
      assert.equal(valid(null), true);
      assert.equal(valid({}), true);
      assert.equal(valid({ annotations: { a: 'b' } }), true);
      assert.equal(valid({ annotations: { a: 1 } }), false);
      assert.equal(valid('text'), false);
    });
    test('a request is accepted and its object changed', () => {
      const object = { metadata: { name: 'a', annotations: { keep: 'é' } }, spec: { n: [1, null] } };
      const answer = ask('validate', {
        request: { uid: 'u', name: 'a', object },
        settings: { annotations: { new: 'b' } },
      });
      const { accepted, mutated_object: mutated } = answer as { accepted: boolean; mutated_object: unknown };
      assert.equal(accepted, true);
      const annotations = { keep: 'é', new: 'b' };
      assert.deepEqual(mutated, { ...object, metadata: { name: 'a', annotations } });
    });
    test('a request is accepted unchanged: an absent and a null object mean the same', () => {
      const answer = ask('validate', { request: { uid: 'u', name: 'a', object: {} }, settings: null });
      assert.equal((answer as { mutated_object?: unknown }).mutated_object ?? null, null);
    });
    test('a request is refused with message and code', () => {
      const answer = ask('validate', { request: { uid: 'u', name: 'forbidden', object: {} }, settings: {} });
      const { accepted, message, code } = answer as Record<string, unknown>;
      assert.deepEqual(
        { accepted, message, code },
        { accepted: false, message: "the name 'forbidden' is not allowed", code: 422 },
      );
    });
    test('an error of the guest is a failure with its text', () => {
      fails('validate', '{"request":', 'guest-error', /./);
      fails('unknown', '{}', 'guest-error', /unknown operation/);
    });
    test('an error without a text is a failure too', () => fails('fail', '{}', 'guest-error', /fail/));
    test('a trap is a failure', () => fails('trap', '{}', 'trap', /./));
    test('each call is the first one, after failures too', () => {
      for (const before of ['count', 'fail', 'trap', 'validate'] as const) {
        callText(guest, before, '{}');
        assert.equal(ask('count', null), 1, before);
      }
    });
  });
}
