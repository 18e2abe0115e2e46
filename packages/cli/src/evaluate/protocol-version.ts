import { compileGuest, createGuest, DEFAULT_LIMITS, SandboxError, type Control } from '@ostiary/sandbox';
import { EvaluateError } from './errors.ts';
import { STARTING } from './guest.ts';

/** A module that does not say its version within this time says nothing. */
const LIMIT_MS = 10_000;
const OPERATION = 'protocol_version';

/** Asks a waPC policy which version of the protocol it speaks. Throws EvaluateError `unusable-module`. */
export function protocolVersionOf(bytes: Uint8Array, control: Control): 'v1' {
  const answer = ask(bytes, control);
  if (/^"?v1"?$/i.test(answer)) return 'v1';
  throw unusable(`${JSON.stringify(answer.slice(0, 100))} is no version that is known: expected v1`);
}

function ask(bytes: Uint8Array, control: Control): string {
  try {
    const { memoryBytes } = DEFAULT_LIMITS;
    const image = compileGuest(bytes, { abi: 'wapc', operations: [OPERATION], memoryBytes });
    const outcome = createGuest(image, { control, timeoutMs: LIMIT_MS, startCalls: STARTING }).call(OPERATION, []);
    if (outcome.ok) return new TextDecoder().decode(outcome.output).trim();
    throw unusable(outcome.failure.message);
  } catch (error) {
    if (error instanceof SandboxError) throw unusable(`the module ${error.message}`, error);
    throw error;
  }
}

function unusable(cause: string, error?: Error): EvaluateError {
  return new EvaluateError('unusable-module', `Cannot compute ProtocolVersion used by the policy: ${cause}`, {
    cause: error,
  });
}
