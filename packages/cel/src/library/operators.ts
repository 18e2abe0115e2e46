import { CelError } from '../error.ts';
import type { Meter } from '../evaluate/meter.ts';
import { A, B, BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, STRING, TIMESTAMP, UINT } from '../types.ts';
import type { Type } from '../types.ts';
import { Duration, Timestamp, Uint, type Value } from '../value.ts';
import { bytesCompare, compareNumbers, compareText, equals, isNumeric } from './equality.ts';
import { free, type Overload, type Result } from './define.ts';
import { duration, int, timestamp, uint } from './ranges.ts';

const DIVIDE_BY_ZERO = new CelError('divide-by-zero', 'division by zero');

/** Every pair of types that has an order; numbers of different types compare by what they count. */
const COMPARABLE: readonly (readonly [Type, Type])[] = [
  ...[BOOL, STRING, BYTES, TIMESTAMP, DURATION].map((type) => [type, type] as const),
  ...[INT, UINT, DOUBLE].flatMap((a) => [INT, UINT, DOUBLE].map((b) => [a, b] as const)),
];

/** Operators of the language; `&&`, `||`, the conditional, selection and indexing are nodes of their own. */
export const EQUALITY = {
  '_==_': [free([A, A], BOOL, ([a, b], meter) => equals(a, b, meter))],
  '_!=_': [free([A, A], BOOL, ([a, b], meter) => !equals(a, b, meter))],
  '!_': [free([BOOL], BOOL, ([a]) => !a)],
};

export const OPERATORS: Readonly<Record<string, readonly Overload[]>> = {
  ...EQUALITY,
  '_+_': [
    free([INT, INT], INT, ([a, b]) => int(a + b)),
    free([UINT, UINT], UINT, ([a, b]) => uint(a.value + b.value)),
    free([DOUBLE, DOUBLE], DOUBLE, ([a, b]) => a + b),
    free([STRING, STRING], STRING, ([a, b]) => a + b),
    free([BYTES, BYTES], BYTES, ([a, b]) => concatenate(a, b)),
    free([listOf(A), listOf(A)], listOf(A), ([a, b], meter) => {
      meter.charge(a.length + b.length);
      return [...a, ...b];
    }),
    free([TIMESTAMP, DURATION], TIMESTAMP, ([a, b]) => timestamp(a.nanos + b.nanos)),
    free([DURATION, TIMESTAMP], TIMESTAMP, ([a, b]) => timestamp(a.nanos + b.nanos)),
    free([DURATION, DURATION], DURATION, ([a, b]) => duration(a.nanos + b.nanos)),
  ],
  '_-_': [
    free([INT, INT], INT, ([a, b]) => int(a - b)),
    free([UINT, UINT], UINT, ([a, b]) => uint(a.value - b.value)),
    free([DOUBLE, DOUBLE], DOUBLE, ([a, b]) => a - b),
    free([TIMESTAMP, TIMESTAMP], DURATION, ([a, b]) => duration(a.nanos - b.nanos)),
    free([TIMESTAMP, DURATION], TIMESTAMP, ([a, b]) => timestamp(a.nanos - b.nanos)),
    free([DURATION, DURATION], DURATION, ([a, b]) => duration(a.nanos - b.nanos)),
  ],
  '_*_': [
    free([INT, INT], INT, ([a, b]) => int(a * b)),
    free([UINT, UINT], UINT, ([a, b]) => uint(a.value * b.value)),
    free([DOUBLE, DOUBLE], DOUBLE, ([a, b]) => a * b),
  ],
  '_/_': [
    free([INT, INT], INT, ([a, b]) => (b === 0n ? DIVIDE_BY_ZERO : int(a / b))),
    free([UINT, UINT], UINT, ([a, b]) => (b.value === 0n ? DIVIDE_BY_ZERO : uint(a.value / b.value))),
    free([DOUBLE, DOUBLE], DOUBLE, ([a, b]) => a / b),
  ],
  '_%_': [
    free([INT, INT], INT, ([a, b]) => (b === 0n ? DIVIDE_BY_ZERO : int(a % b))),
    free([UINT, UINT], UINT, ([a, b]) => (b.value === 0n ? DIVIDE_BY_ZERO : uint(a.value % b.value))),
  ],
  '-_': [free([INT], INT, ([a]) => int(-a)), free([DOUBLE], DOUBLE, ([a]) => -a)],
  '_<_': comparisons((order) => order < 0),
  '_<=_': comparisons((order) => order <= 0),
  '_>_': comparisons((order) => order > 0),
  '_>=_': comparisons((order) => order >= 0),
  '@in': [
    free([A, listOf(A)], BOOL, ([a, list], meter) => list.some((element) => equals(element, a, meter))),
    free([A, mapOf(A, B)], BOOL, ([key, map]) => map.get(key) !== undefined),
  ],
  dyn: [free([A], DYN, ([a]) => a)],
};

function comparisons(holds: (order: number) => boolean): readonly Overload[] {
  return COMPARABLE.map((pair) =>
    free(pair, BOOL, ([a, b], meter): Result => holds(compare(a, b, meter) ?? Number.NaN)),
  );
}

/** -1, 0, 1, NaN for what is not a number, undefined for values that have no order among each other. */
export function compare(a: Value, b: Value, meter: Meter): number | undefined {
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b, meter);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return bytesCompare(a, b, meter);
  if (a instanceof Timestamp && b instanceof Timestamp) return compareNumbers(a.nanos, b.nanos);
  return a instanceof Duration && b instanceof Duration ? compareNumbers(a.nanos, b.nanos) : undefined;
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** Zero of every type that can be added up. */
export const ZEROS: readonly (readonly [Type, Value])[] = [
  [INT, 0n],
  [UINT, new Uint(0n)],
  [DOUBLE, 0],
  [DURATION, new Duration(0n)],
];
