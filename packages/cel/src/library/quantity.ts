import { CelError } from '../error.ts';
import { BOOL, DOUBLE, INT, objectType, STRING } from '../types.ts';
import { Opaque } from '../value.ts';
import { free, method, type Overload, type Result } from './define.ts';

export const QUANTITY = objectType('kubernetes.Quantity');

/** A quantity as an integer number of nano units, the finest that Kubernetes keeps. */
const NANO = 1_000_000_000n;

const SUFFIXES: ReadonlyMap<string, readonly [bigint, bigint]> = new Map<string, readonly [bigint, bigint]>([
  ['n', [1n, NANO]],
  ['u', [1n, 1_000_000n]],
  ['m', [1n, 1_000n]],
  ['', [1n, 1n]],
  ...['k', 'M', 'G', 'T', 'P', 'E'].map((unit, index) => [unit, [1000n ** BigInt(index + 1), 1n]] as const),
  ...['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((unit, index) => [unit, [1024n ** BigInt(index + 1), 1n]] as const),
]);

/** Longer texts than this are no quantity anyone wrote, and exponents beyond 18 leave the range of what Kubernetes keeps. */
const MAX_TEXT = 64;
const MAX_EXPONENT = 18;
const TEXT = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,3})|(n|u|m|k|[KMGTPE]i|[MGTPE])?)$/;

function parse(text: string): Opaque | CelError {
  const match = text.length > MAX_TEXT ? null : TEXT.exec(text);
  const [, sign, digits = '', exponent, suffix] = match ?? [];
  const scale = exponent === undefined ? SUFFIXES.get(suffix ?? '') : power(Number(exponent));
  if (match === null || scale === undefined) return new CelError('invalid-argument', 'not a quantity');
  const [whole = '0', fraction = ''] = digits.split('.');
  const numerator = BigInt(whole + fraction) * scale[0] * NANO;
  const denominator = 10n ** BigInt(fraction.length) * scale[1];
  // What is finer than nano is rounded up, away from zero.
  const nanos = (numerator + denominator - 1n) / denominator;
  return quantity(sign === '-' ? -nanos : nanos);
}

/** A quantity in nano units, such as 1_500_000_000n for `1.5`; undefined for a text that is none. */
export function parseQuantity(text: string): bigint | undefined {
  const parsed = parse(text);
  return parsed instanceof CelError ? undefined : nanosOf(parsed);
}

function power(exponent: number): readonly [bigint, bigint] | undefined {
  if (Math.abs(exponent) > MAX_EXPONENT) return undefined;
  const size = 10n ** BigInt(Math.abs(exponent));
  return exponent < 0 ? [1n, size] : [size, 1n];
}

function quantity(nanos: bigint): Opaque {
  return new Opaque(QUANTITY, nanos.toString(), nanos);
}

function nanosOf(value: Opaque): bigint {
  return typeof value.data === 'bigint' ? value.data : 0n;
}

function compareTwo(a: Opaque, b: Opaque): bigint {
  const difference = nanosOf(a) - nanosOf(b);
  return difference === 0n ? 0n : difference < 0n ? -1n : 1n;
}

function asInteger(value: Opaque): Result {
  return nanosOf(value) % NANO === 0n
    ? nanosOf(value) / NANO
    : new CelError('invalid-argument', 'the quantity is not an integer');
}

const Q = QUANTITY;
export const QUANTITIES: Readonly<Record<string, readonly Overload[]>> = {
  quantity: [free([STRING], Q, ([text]) => parse(text))],
  isQuantity: [free([STRING], BOOL, ([text]) => !(parse(text) instanceof CelError))],
  isInteger: [method([Q], BOOL, ([value]) => nanosOf(value) % NANO === 0n)],
  asInteger: [method([Q], INT, ([value]) => asInteger(value))],
  asApproximateFloat: [method([Q], DOUBLE, ([value]) => Number(nanosOf(value)) / Number(NANO))],
  // The API server has it in this form, unlike all the others.
  sign: [free([Q], INT, ([value]) => compareTwo(value, quantity(0n)))],
  add: [
    method([Q, Q], Q, ([a, b]) => quantity(nanosOf(a) + nanosOf(b))),
    method([Q, INT], Q, ([a, b]) => quantity(nanosOf(a) + b * NANO)),
  ],
  sub: [
    method([Q, Q], Q, ([a, b]) => quantity(nanosOf(a) - nanosOf(b))),
    method([Q, INT], Q, ([a, b]) => quantity(nanosOf(a) - b * NANO)),
  ],
  compareTo: [method([Q, Q], INT, ([a, b]) => compareTwo(a, b))],
  isGreaterThan: [method([Q, Q], BOOL, ([a, b]) => compareTwo(a, b) > 0n)],
  isLessThan: [method([Q, Q], BOOL, ([a, b]) => compareTwo(a, b) < 0n)],
};
