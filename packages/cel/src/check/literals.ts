import { CelError } from '../error.ts';
import { Meter } from '../evaluate/meter.ts';
import { format } from '../library/format.ts';
import { isPattern } from '../library/regex.ts';
import { parseDuration, parseTimestamp } from '../library/time.ts';
import { DEFAULT_COST_LIMIT } from '../limits.ts';
import type { Call, Expression } from '../syntax/ast.ts';
import type { Value } from '../value.ts';

/** What is wrong with the literals that a call is given; undefined if nothing is, or if they are no literals. */
export function checkLiterals({ target, args }: Call, name: string): string | undefined {
  const last = literalOf(args.at(-1));
  if (typeof last === 'string') {
    if (name === 'duration' && parseDuration(last) instanceof CelError) return 'invalid duration argument';
    if (name === 'timestamp' && parseTimestamp(last) instanceof CelError) return 'invalid timestamp argument';
    if (name === 'matches' && !isPattern(last)) return 'invalid matches argument';
  }
  return name === 'format' ? checkFormat(literalOf(target), args[0]) : undefined;
}

function literalOf(expression: Expression | undefined): Value | undefined {
  return expression?.kind === 'literal' ? expression.value : undefined;
}

function checkFormat(template: Value | undefined, list: Expression | undefined): string | undefined {
  if (typeof template !== 'string' || list?.kind !== 'list') return undefined;
  const values = list.elements.map(({ value }) => literalOf(value));
  if (!values.every((value) => value !== undefined)) return undefined;
  const formatted = format(template, values, new Meter(DEFAULT_COST_LIMIT, undefined));
  return formatted instanceof CelError ? formatted.message : undefined;
}
