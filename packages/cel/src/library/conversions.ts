import { CelError } from '../error.ts';
import {
  A,
  B,
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  INT,
  listOf,
  mapOf,
  STRING,
  TIMESTAMP,
  typeType,
  UINT,
} from '../types.ts';
import { typeName } from '../types.ts';
import { TypeValue, typeOf } from '../value.ts';
import { free, method, type Overload, type Result } from './define.ts';
import { int, NANOS_PER_SECOND, timestamp, uint } from './ranges.ts';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './time.ts';

const OUT_OF_RANGE = new CelError('overflow', 'the number is out of range');

/** Digits of the longest 64-bit integer and a sign; longer texts are refused before BigInt reads them. */
const MAX_INTEGER_TEXT = 24;

function parseInteger(text: string, convert: (value: bigint) => Result): Result {
  const isInteger = text.length <= MAX_INTEGER_TEXT && /^[+-]?\d+$/.test(text);
  return isInteger
    ? convert(text.startsWith('+') ? BigInt(text.slice(1)) : BigInt(text))
    : new CelError('invalid-argument', 'not an integer');
}

function parseDouble(text: string): Result {
  const special = SPECIAL_DOUBLES.get(text.toLowerCase());
  if (special !== undefined) return special;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)
    ? Number(text)
    : new CelError('invalid-argument', 'not a number');
}

const SPECIAL_DOUBLES: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Infinity],
  ['+inf', Infinity],
  ['infinity', Infinity],
  ['-inf', -Infinity],
  ['-infinity', -Infinity],
]);

/** The open interval of the language: the bounds themselves are already rounded. */
function truncate(value: number, least: number, most: number, convert: (value: bigint) => Result): Result {
  return value > least && value < most ? convert(BigInt(Math.trunc(value))) : OUT_OF_RANGE;
}

export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function parseBool(text: string): Result {
  if (['true', 'True', 'TRUE', 't', '1'].includes(text)) return true;
  return ['false', 'False', 'FALSE', 'f', '0'].includes(text)
    ? false
    : new CelError('invalid-argument', 'not a boolean');
}

function decode(bytes: Uint8Array): Result {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new CelError('invalid-argument', 'the bytes are not UTF-8');
  }
}

function codePoints(text: string): bigint {
  let count = 0;
  for (let at = 0; at < text.length; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return BigInt(count);
}

export const CONVERSIONS: Readonly<Record<string, readonly Overload[]>> = {
  int: [
    free([INT], INT, ([a]) => a),
    free([UINT], INT, ([a]) => int(a.value)),
    free([DOUBLE], INT, ([a]) => truncate(a, -(2 ** 63), 2 ** 63, int)),
    free([STRING], INT, ([a]) => parseInteger(a, int)),
    free([TIMESTAMP], INT, ([a]) => floorSeconds(a.nanos)),
    free([DURATION], INT, ([a]) => a.nanos / NANOS_PER_SECOND),
  ],
  uint: [
    free([UINT], UINT, ([a]) => a),
    free([INT], UINT, ([a]) => uint(a)),
    free([DOUBLE], UINT, ([a]) => truncate(a, -1, 2 ** 64, uint)),
    free([STRING], UINT, ([a]) => parseInteger(a, uint)),
  ],
  double: [
    free([DOUBLE], DOUBLE, ([a]) => a),
    free([INT], DOUBLE, ([a]) => Number(a)),
    free([UINT], DOUBLE, ([a]) => Number(a.value)),
    free([STRING], DOUBLE, ([a]) => parseDouble(a)),
  ],
  string: [
    free([STRING], STRING, ([a]) => a),
    free([INT], STRING, ([a]) => a.toString()),
    free([UINT], STRING, ([a]) => a.value.toString()),
    free([DOUBLE], STRING, ([a]) => formatDouble(a)),
    free([BOOL], STRING, ([a]) => String(a)),
    free([BYTES], STRING, ([a]) => decode(a)),
    free([TIMESTAMP], STRING, ([a]) => formatTimestamp(a)),
    free([DURATION], STRING, ([a]) => formatDuration(a)),
  ],
  bytes: [free([BYTES], BYTES, ([a]) => a), free([STRING], BYTES, ([a]) => new TextEncoder().encode(a))],
  bool: [free([BOOL], BOOL, ([a]) => a), free([STRING], BOOL, ([a]) => parseBool(a))],
  timestamp: [
    free([TIMESTAMP], TIMESTAMP, ([a]) => a),
    free([STRING], TIMESTAMP, ([a]) => parseTimestamp(a)),
    free([INT], TIMESTAMP, ([a]) => timestamp(a * NANOS_PER_SECOND)),
  ],
  duration: [free([DURATION], DURATION, ([a]) => a), free([STRING], DURATION, ([a]) => parseDuration(a))],
  type: [free([A], typeType(A), ([a]) => new TypeValue(typeName(typeOf(a))))],
  size: [
    free([STRING], INT, ([a]) => codePoints(a)),
    method([STRING], INT, ([a]) => codePoints(a)),
    free([BYTES], INT, ([a]) => BigInt(a.length)),
    method([BYTES], INT, ([a]) => BigInt(a.length)),
    free([listOf(A)], INT, ([a]) => BigInt(a.length)),
    method([listOf(A)], INT, ([a]) => BigInt(a.length)),
    free([mapOf(A, B)], INT, ([a]) => BigInt(a.size)),
    method([mapOf(A, B)], INT, ([a]) => BigInt(a.size)),
  ],
};

function floorSeconds(nanos: bigint): bigint {
  const rest = ((nanos % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND;
  return (nanos - rest) / NANOS_PER_SECOND;
}
