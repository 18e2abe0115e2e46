import { step } from '../steps.ts';
import { within } from '../limits.ts';

/** Arithmetic on the text of JSON numbers that must not lose digits. */

/** A decimal number: `digits × 10^exponent`. */
export interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

const JSON_NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Exponents beyond this are not written out: a number of eight characters must not cost a million digits. */
const MAX_EXPONENT = 4096;

/** The exact value of a number's text; undefined when it is not a JSON number. */
export function decimalOf(text: string): Decimal | undefined {
  within(text.length, 'digits');
  const [, sign, whole, fraction = '', exponent = '0'] = JSON_NUMBER.exec(text) ?? [];
  if (whole === undefined) return undefined;
  return { digits: BigInt(`${sign}${whole}${fraction}`), exponent: Number(exponent) - fraction.length };
}

/** The integer that the text stands for, also as `1.0` or `1e3`; undefined when it has a fraction or is far too large. */
export function integerOf(text: string): bigint | undefined {
  within(text.length, 'digits');
  step(text.length);
  if (/^-?\d+$/.test(text)) return BigInt(text);
  const decimal = decimalOf(text);
  if (!decimal || decimal.exponent > MAX_EXPONENT || decimal.exponent < -MAX_EXPONENT) return undefined;
  if (decimal.exponent >= 0) return decimal.digits * 10n ** BigInt(decimal.exponent);
  const divisor = 10n ** BigInt(-decimal.exponent);
  return decimal.digits % divisor === 0n ? decimal.digits / divisor : undefined;
}

export function compareNumbers(a: string, b: string): number {
  if (a === b) return 0;
  const difference = Number(a) - Number(b);
  // Equal or indistinguishable as floats: the digits decide.
  return difference !== 0 && Number.isFinite(difference) ? difference : compareExactly(a, b);
}

function compareExactly(a: string, b: string): number {
  // Ten thousand digits take a tenth of a millisecond to read.
  step(a.length + b.length);
  const left = decimalOf(a);
  const right = decimalOf(b);
  const distance = left && right ? left.exponent - right.exponent : Infinity;
  if (!left || !right || Math.abs(distance) > MAX_EXPONENT) return a < b ? -1 : 1;
  const scale = 10n ** BigInt(Math.abs(distance));
  const x = distance > 0 ? left.digits * scale : left.digits;
  const y = distance < 0 ? right.digits * scale : right.digits;
  return x === y ? 0 : x < y ? -1 : 1;
}
