import { charactersOf, step } from '../steps.ts';
import type { GoArgument } from '../go/print-argument.ts';
import { formatGo } from '../go/print.ts';
import { quoteGo } from '../go/quote.ts';
import { displayValue } from '../value/format.ts';
import { integerOf } from '../value/number.ts';
import { within } from '../limits.ts';
import { number, typeOf, type RegoNumber, type Value } from '../value/value.ts';
import { BuiltinError, clampToInt, operands, strings as stringsOf, type Family } from './builtin.ts';

export const strings: Family = {
  sprintf: (args) => {
    const { string, array } = operands(args);
    return formatGo(string(1), array(2).map(goArgument));
  },
  indexof_n: (args) => {
    const { string } = operands(args);
    return placesOf(charactersOf(string(1)), charactersOf(string(2))).map(number);
  },
  'strings.any_prefix_match': (args, { checkTime }) => anyMatch(args, checkTime, (text, part) => text.startsWith(part)),
  'strings.any_suffix_match': (args, { checkTime }) => anyMatch(args, checkTime, (text, part) => text.endsWith(part)),
  'strings.count': (args) => {
    const { string } = operands(args);
    return number(string(2) === '' ? charactersOf(string(1)).length + 1 : string(1).split(string(2)).length - 1);
  },
  'strings.reverse': (args) => charactersOf(operands(args).string(1)).reverse().join(''),
  'strings.split_n': (args) => {
    const { string, integer } = operands(args);
    const count = clampToInt(integer(3));
    const parts = splitAll(string(1), string(2));
    return count >= 0 ? parts.slice(0, count) : parts.slice(Math.max(parts.length + count, 0));
  },
  // Nobody reads traces here; OPA answers the same when they are off.
  trace: (args, { log }) => {
    log(operands(args).string(1));
    return true;
  },
};

/** As OPA hands arguments to Go's fmt: numbers by their kind, anything but a string as Rego writes it. */
function goArgument(value: Value): GoArgument {
  if (typeof value === 'string') return { kind: 'string', text: value };
  if (typeOf(value) !== 'number') return { kind: 'string', text: displayValue(value, quoteGo) };
  const { text } = value as RegoNumber;
  if (!/[.eE]/.test(text)) return { kind: 'integer', value: integerOf(text) ?? 0n };
  return Number.isFinite(Number(text)) ? { kind: 'float', value: Number(text) } : { kind: 'string', text };
}

/** An empty separator splits between characters. */
function splitAll(text: string, separator: string): string[] {
  return separator === '' ? charactersOf(text) : text.split(separator);
}

function placesOf(text: readonly string[], search: readonly string[]): number[] {
  if (search.length === 0) throw new BuiltinError('empty search character');
  within((text.length - search.length) * search.length, 'steps');
  const places: number[] = [];
  for (let at = 0; at + search.length <= text.length; at++) {
    step(search.length);
    if (search.every((character, offset) => text[at + offset] === character)) places.push(at);
  }
  return places;
}

function anyMatch(
  args: readonly Value[],
  checkTime: () => void,
  match: (text: string, part: string) => boolean,
): boolean {
  const { value } = operands(args);
  const list = (position: number): readonly string[] => {
    const operand = value(position);
    return typeof operand === 'string' ? [operand] : stringsOf(operand, position);
  };
  const texts = list(1);
  const parts = list(2);
  within(texts.length * parts.length, 'steps');
  return texts.some((text) => {
    checkTime();
    return parts.some((part) => match(text, part));
  });
}
