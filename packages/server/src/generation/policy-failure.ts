import { PolicyError } from '@ostiary/policy';
import { WasmError } from '@ostiary/wasm';
import { VerificationFailure } from './module-store.ts';
import { shownUrl } from './module-url.ts';

export type PolicyFailureCode =
  /** Its module did not arrive; the next attempt may succeed. */
  | 'unfetchable'
  | 'unverified'
  | 'unloadable'
  | 'invalid-settings'
  /** A mistake in the configuration that even a server which goes on after errors does not start with. */
  | 'invalid-capability'
  | 'invalid-expression';

/** A policy that can't serve. The message is what its requests are answered with (contract: policy-server §6.3). */
export class PolicyFailure extends Error {
  readonly code: PolicyFailureCode;

  constructor(code: PolicyFailureCode, message: string) {
    super(message);
    this.name = 'PolicyFailure';
    this.code = code;
  }
}

/** A module that is here, but is no policy that can run. */
export function bootFailure(id: string, error: unknown): PolicyFailure {
  return new PolicyFailure('unloadable', `bootstrap failure: ${id}: ${textOf(error)}`);
}

/** Why a module could not be opened: it did not arrive, nobody vouches for it, or it is no policy. */
export function fetchFailure(
  { id, shown, config }: { readonly id: string; readonly shown: string; readonly config: { readonly module: string } },
  error: unknown,
): PolicyFailure {
  if (error instanceof PolicyError || error instanceof WasmError) return bootFailure(id, error);
  if (error instanceof VerificationFailure) {
    return new PolicyFailure(
      'unverified',
      `bootstrap failure: ${id}: Policy '${shown}' cannot be verified: ${error.message}`,
    );
  }
  const where = shownUrl(config.module);
  return new PolicyFailure(
    'unfetchable',
    `bootstrap failure: ${id}: Error while downloading policy '${shown}' from ${where}: ${textOf(error)}`,
  );
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
