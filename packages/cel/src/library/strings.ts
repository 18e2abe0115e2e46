import { CelError } from '../error.ts';
import type { Meter } from '../evaluate/meter.ts';
import { BOOL, BYTES, DYN, INT, listOf, STRING } from '../types.ts';
import { free, method, type Overload, type Result } from './define.ts';
import { format } from './format.ts';
import { quote } from '../syntax/print.ts';

const OUT_OF_RANGE = new CelError('out-of-range', 'the position is outside of the string');

/** What White_Space means to Unicode; JavaScript's own trim takes U+FEFF too, and leaves U+0085. */
const LEADING_SPACE = /^\p{White_Space}+/u;

export const STRINGS: Readonly<Record<string, readonly Overload[]>> = {
  contains: [method([STRING, STRING], BOOL, ([text, part], meter) => search(text, part, meter).includes(part))],
  startsWith: [method([STRING, STRING], BOOL, ([text, part]) => text.startsWith(part))],
  endsWith: [method([STRING, STRING], BOOL, ([text, part]) => text.endsWith(part))],
  charAt: [method([STRING, INT], STRING, ([text, at]) => charAt(text, at))],
  indexOf: [
    method([STRING, STRING], INT, ([text, part], meter) => indexOf(search(text, part, meter), part, 0n)),
    method([STRING, STRING, INT], INT, ([text, part, from], meter) => indexOf(search(text, part, meter), part, from)),
  ],
  lastIndexOf: [
    method([STRING, STRING], INT, ([text, part], meter) => lastIndexOf(search(text, part, meter), part, undefined)),
    method([STRING, STRING, INT], INT, ([text, part, to], meter) => lastIndexOf(search(text, part, meter), part, to)),
  ],
  join: [
    method([listOf(STRING)], STRING, ([parts], meter) => join(parts, '', meter)),
    method([listOf(STRING), STRING], STRING, ([parts, separator], meter) => join(parts, separator, meter)),
  ],
  lowerAscii: [method([STRING], STRING, ([text]) => text.replace(/[A-Z]+/g, (run) => run.toLowerCase()))],
  upperAscii: [method([STRING], STRING, ([text]) => text.replace(/[a-z]+/g, (run) => run.toUpperCase()))],
  replace: [
    method([STRING, STRING, STRING], STRING, ([text, part, by], meter) => replace(text, part, by, -1n, meter)),
    method([STRING, STRING, STRING, INT], STRING, ([text, part, by, most], meter) =>
      replace(text, part, by, most, meter),
    ),
  ],
  split: [
    method([STRING, STRING], listOf(STRING), ([text, separator], meter) => split(text, separator, -1n, meter)),
    method([STRING, STRING, INT], listOf(STRING), ([text, separator, most], meter) =>
      split(text, separator, most, meter),
    ),
  ],
  substring: [
    method([STRING, INT], STRING, ([text, from]) => substring(text, from, undefined)),
    method([STRING, INT, INT], STRING, ([text, from, to]) => substring(text, from, to)),
  ],
  trim: [method([STRING], STRING, ([text]) => trim(text))],
  reverse: [method([STRING], STRING, ([text]) => Array.from(text).reverse().join(''))],
  'strings.quote': [free([STRING], STRING, ([text]) => quote(text.toWellFormed()))],
  format: [method([STRING, listOf(DYN)], STRING, ([text, args], meter) => format(text, args, meter))],
  'base64.encode': [free([BYTES], STRING, ([bytes]) => bytes.toBase64())],
  'base64.decode': [free([STRING], BYTES, ([text]) => decodeBase64(text))],
};

function decodeBase64(text: string): Result {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return new CelError('invalid-argument', 'not base64');
  }
}

/** A search looks at the text once per part in the worst case that engines promise: a tenth of the product is charged. */
function search(text: string, part: string, meter: Meter): string {
  meter.chargeText(Math.ceil((text.length * Math.max(part.length, 1)) / 10));
  return text;
}

/** Positions count code points; in text without surrogates they are the same as JavaScript's. */
function codePoints(text: string): readonly string[] {
  return Array.from(text);
}

function charAt(text: string, at: bigint): Result {
  const points = codePoints(text);
  return at < 0n || at > BigInt(points.length) ? OUT_OF_RANGE : (points[Number(at)] ?? '');
}

function indexOf(text: string, part: string, from: bigint): Result {
  const points = codePoints(text);
  if (from < 0n || from > BigInt(points.length)) return OUT_OF_RANGE;
  const skipped = points.slice(0, Number(from)).join('').length;
  const found = text.indexOf(part, skipped);
  return found < 0 ? -1n : BigInt(codePoints(text.slice(0, found)).length);
}

function lastIndexOf(text: string, part: string, to: bigint | undefined): Result {
  const points = codePoints(text);
  if (to !== undefined && (to < 0n || to > BigInt(points.length))) return OUT_OF_RANGE;
  const limit = to === undefined ? text.length : points.slice(0, Number(to)).join('').length;
  const found = text.lastIndexOf(part, limit);
  return found < 0 ? -1n : BigInt(codePoints(text.slice(0, found)).length);
}

function join(parts: readonly string[], separator: string, meter: Meter): Result {
  if (!parts.every((part) => typeof part === 'string')) {
    return new CelError('no-such-overload', 'join() takes a list of strings');
  }
  meter.chargeText(parts.reduce((length, part) => length + part.length + separator.length, 0));
  return parts.join(separator);
}

function replace(text: string, part: string, by: string, most: bigint, meter: Meter): string {
  const pieces = part === '' ? ['', ...codePoints(text), ''] : text.split(part);
  const available = pieces.length - 1;
  const count = most < 0n || most > BigInt(available) ? available : Number(most);
  meter.chargeText(text.length + count * by.length);
  const replaced = pieces.slice(0, count + 1).join(by);
  return count === available ? replaced : replaced + part + pieces.slice(count + 1).join(part);
}

function split(text: string, separator: string, most: bigint, meter: Meter): readonly string[] {
  if (most === 0n) return [];
  const pieces = separator === '' ? codePoints(text) : text.split(separator);
  meter.charge(pieces.length);
  if (most < 0n || BigInt(pieces.length) <= most) return pieces;
  const kept = Number(most) - 1;
  return [...pieces.slice(0, kept), pieces.slice(kept).join(separator)];
}

function substring(text: string, from: bigint, to: bigint | undefined): Result {
  const points = codePoints(text);
  const end = to ?? BigInt(points.length);
  if (from < 0n || end < from || end > BigInt(points.length)) return OUT_OF_RANGE;
  return points.slice(Number(from), Number(end)).join('');
}

function trim(text: string): string {
  const start = text.replace(LEADING_SPACE, '');
  let end = start.length;
  while (end > 0 && LEADING_SPACE.test(start[end - 1] ?? '')) end--;
  return start.slice(0, end);
}
