import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failing, guest } from './fixtures.ts';
import { validateSettings } from './settings.ts';

test('a policy judges its settings', async () => {
  const failed = 'validation of the settings failed: ';
  const rows: [fact: string, output: unknown, code: string, message: string][] = [
    ['valid', { valid: true, message: null }, 'ok', ''],
    ['valid without message', { valid: true }, 'ok', ''],
    ['invalid', { valid: false, message: 'no keys' }, 'invalid-settings', 'invalid settings: no keys'],
    ['invalid without message', { valid: false }, 'invalid-settings', 'invalid settings: no message'],
    ['no verdict', {}, 'validation-failed', `${failed}valid: expected a boolean, found nothing`],
    [
      'a verdict of another type',
      { valid: 'yes' },
      'validation-failed',
      `${failed}valid: expected a boolean, found a string`,
    ],
    ['no JSON', 'ok', 'validation-failed', `${failed}expected a value at byte 0`],
  ];
  for (const [fact, output, code, message] of rows) {
    const call = guest(() => output);
    const verdict = await validateSettings((_operation, input) => call('validate', input), '{}');
    assert.deepEqual(verdict.ok ? ['ok', ''] : [verdict.code, verdict.message], [code, message], fact);
  }
  const call = failing('unreachable');
  const lost = await validateSettings((_operation, input) => call('validate', input));
  assert.deepEqual(lost, { ok: false, code: 'validation-failed', message: `${failed}unreachable` });
});

test('the payload is the bare settings, or null', async () => {
  const seen: string[] = [];
  const call = guest((input) => {
    seen.push(input);
    return { valid: true };
  });
  for (const settings of [undefined, '{}', '{"a":1.0}']) {
    await validateSettings((operation, input) => {
      assert.equal(operation, 'validate_settings');
      return call('validate', input);
    }, settings);
  }
  assert.deepEqual(seen, ['null', '{}', '{"a":1.0}']);
});
