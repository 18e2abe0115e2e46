import { CelError } from '../error.ts';
import type { Meter } from '../evaluate/meter.ts';
import { CelMap, Duration, Timestamp, TypeValue, Uint, type Value } from '../value.ts';
import { formatDouble } from './conversions.ts';
import type { Result } from './define.ts';
import { isList } from './equality.ts';
import { formatDuration, formatTimestamp } from './time.ts';

const CLAUSE = /%(?:(%)|(?:\.(\d+))?([a-zA-Z]))|%/g;

/** Digits after the point that may be asked for; JavaScript makes no more than 100. */
const MAX_PRECISION = 100;

/** `"%s is %d".format(["a", 1])`: clauses %s %d %f %e %b %o %x %X %%, the last digits before a letter the precision. */
export function format(template: string, args: readonly Value[], meter: Meter): Result {
  let next = 0;
  const out: string[] = [];
  let end = 0;
  for (const match of template.matchAll(CLAUSE)) {
    out.push(template.slice(end, match.index));
    end = match.index + match[0].length;
    const [, percent, precision, verb] = match;
    if (percent !== undefined) {
      out.push('%');
      continue;
    }
    if (verb === undefined) return invalid('a clause of the format is not complete');
    const argument = args[next++];
    if (argument === undefined) return invalid(`argument ${next - 1} of the format is missing`);
    const text = formatClause(verb, precision === undefined ? undefined : Number(precision), argument, meter);
    if (text instanceof CelError) return text;
    meter.chargeText(text.length);
    out.push(text);
  }
  return out.join('') + template.slice(end);
}

function invalid(message: string): CelError {
  return new CelError('invalid-argument', message);
}

function formatClause(verb: string, precision: number | undefined, value: Value, meter: Meter): string | CelError {
  if (precision !== undefined && precision > MAX_PRECISION) return invalid('the precision is too large');
  switch (verb) {
    case 's':
      return formatText(value, meter, 0);
    case 'd':
      return isSpecial(value) ? formatSpecial(value) : formatInteger(value, 10, verb);
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : formatInteger(value, 2, verb);
    case 'o':
      return formatInteger(value, 8, verb);
    case 'x':
    case 'X':
      return formatHex(value, verb);
    case 'f':
    case 'e':
      return formatFloat(value, verb, precision ?? 6);
    default:
      return invalid(`unknown clause %${verb} in a format`);
  }
}

function isSpecial(value: Value): value is number {
  return typeof value === 'number' && !Number.isFinite(value);
}

function formatInteger(value: Value, radix: number, verb: string): string | CelError {
  const integer = value instanceof Uint ? value.value : value;
  return typeof integer === 'bigint' ? integer.toString(radix) : invalid(`%${verb} takes an integer`);
}

function formatHex(value: Value, verb: 'x' | 'X'): string | CelError {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  const text = bytes instanceof Uint8Array ? bytes.toHex() : formatInteger(bytes, 16, verb);
  return verb === 'X' && typeof text === 'string' ? text.toUpperCase() : text;
}

function formatFloat(value: Value, verb: 'f' | 'e', precision: number): string | CelError {
  const number =
    typeof value === 'number'
      ? value
      : value instanceof Uint
        ? Number(value.value)
        : typeof value === 'bigint'
          ? Number(value)
          : specialOf(value);
  if (number === undefined) return invalid(`%${verb} takes a number`);
  if (!Number.isFinite(number)) return formatSpecial(number);
  if (verb === 'e') return roundHalfEven(number, precision, 'toExponential').replace(/e([+-])(\d)$/, 'e$10$2');
  return roundHalfEven(number, precision, 'toFixed');
}

function specialOf(value: Value): number | undefined {
  return value === 'NaN' ? Number.NaN : value === 'Infinity' ? Infinity : value === '-Infinity' ? -Infinity : undefined;
}

function formatSpecial(number: number): string {
  return Number.isNaN(number) ? 'NaN' : number > 0 ? 'Infinity' : '-Infinity';
}

/** JavaScript rounds exact ties away from zero, Go to the even digit. */
function roundHalfEven(value: number, precision: number, how: 'toFixed' | 'toExponential'): string {
  const rounded = value[how](precision);
  if (precision >= MAX_PRECISION) return rounded;
  const exact = value[how](Math.min(precision + 30, MAX_PRECISION));
  const mantissa = exact.split('e')[0] ?? exact;
  const rest = mantissa.slice(mantissa.indexOf('.') + 1 + precision);
  if (!/^50*$/.test(rest)) return rounded;
  const kept = mantissa.slice(0, mantissa.length - rest.length).replace(/\.$/, '');
  if (!'02468'.includes(kept.at(-1) ?? '')) return rounded;
  const exponent = exact.slice(mantissa.length);
  return kept + exponent;
}

function formatText(value: Value, meter: Meter, depth: number): string | CelError {
  meter.charge(1);
  meter.checkDepth(depth);
  if (value === null) return 'null';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? formatDouble(value) : formatSpecial(value);
  if (value instanceof Uint) return value.value.toString();
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof CelMap) return formatMap(value, meter, depth);
  return isList(value) ? formatList(value, meter, depth) : invalid('%s does not take a value of this type');
}

function formatList(list: readonly Value[], meter: Meter, depth: number): string | CelError {
  const parts: string[] = [];
  for (const element of list) {
    const text = formatText(element, meter, depth + 1);
    if (text instanceof CelError) return text;
    meter.chargeText(text.length);
    parts.push(text);
  }
  return `[${parts.join(', ')}]`;
}

function formatMap(map: CelMap, meter: Meter, depth: number): string | CelError {
  const parts: string[] = [];
  for (const key of map.keys()) {
    const [name, text] = [formatText(key, meter, depth + 1), formatText(map.get(key) ?? null, meter, depth + 1)];
    if (name instanceof CelError) return name;
    if (text instanceof CelError) return text;
    meter.chargeText(name.length + text.length);
    parts.push(`${name}: ${text}`);
  }
  return `{${parts.sort().join(', ')}}`;
}
