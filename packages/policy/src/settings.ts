import type { Outcome } from '@ostiary/sandbox';
import { causeOf } from './ask.ts';
import { booleanField, kindOf, ShapeError, shapeOf, stringField } from './shape.ts';

/** Calls the waPC operation by which a Kubewarden policy judges its settings. */
export type CallSettingsValidation = (
  operation: 'validate_settings',
  input: readonly Uint8Array[],
) => Outcome | Promise<Outcome>;

/** What a policy says of its settings. The message is fit for a configuration error. */
export type SettingsVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: 'invalid-settings' | 'validation-failed'; readonly message: string };

/**
 * Asks a Kubewarden policy, when it is loaded, whether its settings are valid (contract: fork §5.2, policy-server §6.2).
 * `settings` is the bare JSON text it reads, by default `null`, which the extension sends when there are none; a
 * policy server sends `{}`. A policy that gives no usable answer counts as failed: it must not be loaded.
 */
export async function validateSettings(
  call: CallSettingsValidation,
  settings: string = 'null',
): Promise<SettingsVerdict> {
  const outcome = await call('validate_settings', [new TextEncoder().encode(settings)]);
  if (!outcome.ok) return failed(outcome.failure.message);
  try {
    return readSettingsVerdict(outcome.output);
  } catch (error) {
    return failed(causeOf(error));
  }
}

function readSettingsVerdict(output: Uint8Array): SettingsVerdict {
  const answer = shapeOf(output);
  const valid = booleanField(answer, 'valid');
  if (valid === undefined) throw new ShapeError('valid', 'a boolean', kindOf(undefined));
  const message = stringField(answer, 'message') || 'no message';
  return valid ? { ok: true } : { ok: false, code: 'invalid-settings', message: `invalid settings: ${message}` };
}

function failed(cause: string): SettingsVerdict {
  return { ok: false, code: 'validation-failed', message: `validation of the settings failed: ${cause}` };
}
