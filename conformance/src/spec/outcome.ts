import type { Command } from './script.ts';
import { meets, type Result } from './values.ts';

/** How a command ended. `text` tells apart what must not differ between an original and its rewritten form. */
export type Outcome =
  | { readonly kind: 'values'; readonly values: readonly Result[] }
  | { readonly kind: 'trap' | 'exhaustion' | 'exception' | 'unlinkable' | 'invalid' | 'error'; readonly text: string }
  /** The rewriter refuses the module. */
  | { readonly kind: 'refused'; readonly text: string }
  /** It needs a module that has been refused. */
  | { readonly kind: 'missing' };

export const DONE: Outcome = { kind: 'values', values: [] };

/** What was thrown by a call. */
export function outcomeOfCall(error: unknown): Outcome {
  if (error instanceof WebAssembly.RuntimeError) return { kind: 'trap', text: error.message };
  if (error instanceof WebAssembly.Exception) return { kind: 'exception', text: '' };
  if (error instanceof RangeError && error.message.includes('call stack')) return { kind: 'exhaustion', text: '' };
  return { kind: 'error', text: String(error) };
}

/** What was thrown by instantiation: what does not fit is a `LinkError`, what is not there at all a `TypeError`. */
export function outcomeOfLinking(error: unknown): Outcome {
  const links = error instanceof WebAssembly.LinkError || error instanceof TypeError;
  return links ? { kind: 'unlinkable', text: '' } : outcomeOfCall(error);
}

export function describe(outcome: Outcome): string {
  if (outcome.kind === 'values') return `(${outcome.values.map(({ type, text }) => `${type} ${text}`).join(', ')})`;
  return outcome.kind === 'missing' || outcome.text === '' ? outcome.kind : `${outcome.kind}: ${outcome.text}`;
}

/** How each command ends where all is as the script says; nothing can be said of what is not supported. */
const EXPECTED: Readonly<Record<Command['kind'], Outcome['kind'] | undefined>> = {
  module: 'values',
  definition: 'values',
  instance: 'values',
  register: 'values',
  action: 'values',
  text: 'values',
  assert_return: 'values',
  assert_trap: 'trap',
  assert_exhaustion: 'exhaustion',
  assert_exception: 'exception',
  assert_unlinkable: 'unlinkable',
  assert_invalid: 'invalid',
  assert_malformed: 'invalid',
  unsupported: undefined,
};

/** Whether the outcome is what the script says. */
export function isExpected(outcome: Outcome, command: Command): boolean {
  if (outcome.kind !== EXPECTED[command.kind]) return false;
  return outcome.kind !== 'values' || command.kind !== 'assert_return' || meetAll(outcome.values, command.expected);
}

type Expected = Extract<Command, { kind: 'assert_return' }>['expected'];

function meetAll(values: readonly Result[], expected: Expected): boolean {
  return values.length === expected.length && values.every((value, place) => meets(value, expected[place]!));
}

/** The same, bit by bit; where the script leaves a choice, of NaNs or between results, both may take their own. */
export function isSame(one: Outcome, other: Outcome, command: Command): boolean {
  return (
    describe(one) === describe(other) ||
    (one.kind === 'values' && isExpected(one, command) && isExpected(other, command))
  );
}
