import type { Outcome } from '@ostiary/sandbox';
import { causeOf } from '../ask.ts';
import { booleanField, exactFields, kindOf, ShapeError, shapeOf, stringField } from '../shape.ts';
import { clip } from './failure.ts';
import type { PolicyKind } from './kind.ts';

/** What each kind of policy is asked about its settings by; Rego policies are not asked. */
export const SETTINGS_OPERATIONS = { wapc: 'validate_settings', wasi: 'validate-settings' } as const;

/** Calls the operation by which a policy judges its settings. */
export type CallPolicySettings = (
  operation: (typeof SETTINGS_OPERATIONS)[keyof typeof SETTINGS_OPERATIONS],
  input: readonly Uint8Array[],
) => Outcome | Promise<Outcome>;

/**
 * Asks a policy whether its settings are valid (contract: policy-server §6.2). `settings` is JSON text, `{}` for none.
 * Returns undefined, or the error that answers its requests in its place.
 */
export async function policySettingsError(
  kind: PolicyKind,
  call: CallPolicySettings,
  settings: string,
): Promise<string | undefined> {
  if (kind === 'opa' || kind === 'gatekeeper') return undefined;
  const outcome = await call(SETTINGS_OPERATIONS[kind], [new TextEncoder().encode(settings)]);
  if (!outcome.ok) {
    const told = kind === 'wasi' ? outcome.failure.stderr.trim() : '';
    return invalid(`Error invoking settings validation callback: ${clip(told || outcome.failure.message)}`);
  }
  try {
    return refusal(outcome.output);
  } catch (error) {
    return invalid(`Error invoking settings validation callback: ${causeOf(error)}`);
  }
}

function refusal(output: Uint8Array): string | undefined {
  const answer = exactFields(shapeOf(output), 'valid', 'message');
  const valid = booleanField(answer, 'valid');
  if (valid === undefined) throw new ShapeError('valid', 'a boolean', kindOf(undefined));
  return valid ? undefined : invalid(clip(stringField(answer, 'message') ?? 'no message'));
}

function invalid(cause: string): string {
  return `Policy settings are invalid: ${cause}`;
}
