import { VerificationError } from './admission/verdict.ts';
import { EnvelopeError } from './envelope.ts';
import { JsonError } from './json/error.ts';
import type { CallModule, GateModule, ModuleFailure } from './module.ts';
import { PatchError } from './patch/error.ts';
import type { Redact } from './redact.ts';
import { ShapeError } from './shape.ts';

/** What came of asking a module: the answer as its gate reads it, or why there is none. */
export type Asked<Answer> =
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly failure: ModuleFailure };

/** Longest failure text in UTF-16 units. A guest writes what it likes into its error, up to its output limit of MiB. */
const MAX_FAILURE = 4096;

/**
 * Calls the module and reads its output with `read`, whose errors are the module's failure. `redact` takes out of the
 * failure what must not be told; it runs before the text is cut, so that no cut hides what it looks for.
 */
export async function ask<Answer>(
  module: GateModule,
  operation: Parameters<CallModule>[0],
  input: readonly Uint8Array[],
  read: (output: Uint8Array) => Answer,
  redact: Redact = (text) => text,
): Promise<Asked<Answer>> {
  const outcome = await module.call(operation, input);
  if (!outcome.ok) return failed(module, redact(outcome.failure.message), redact(outcome.failure.stderr));
  try {
    return { ok: true, answer: read(outcome.output) };
  } catch (error) {
    return failed(module, redact(causeOf(error)), '');
  }
}

function failed(module: GateModule, message: string, stderr: string): { ok: false; failure: ModuleFailure } {
  return { ok: false, failure: { module: module.name, message: clip(message), stderr } };
}

/**
 * The text of an error that an answer caused. Of errors other than ours, such as running out of stack or of string
 * length, only the kind is told: their messages may quote the input.
 */
export function causeOf(error: unknown): string {
  if (
    error instanceof ShapeError ||
    error instanceof JsonError ||
    error instanceof EnvelopeError ||
    error instanceof PatchError ||
    error instanceof VerificationError
  ) {
    return error.message;
  }
  return `the answer cannot be processed: ${error instanceof Error ? error.name : typeof error}`;
}

function clip(text: string): string {
  return text.length <= MAX_FAILURE ? text : `${text.slice(0, MAX_FAILURE)}…`;
}
