import { numberText, type RegoNumber } from '../value/value.ts';

/** What plain scalars mean: the core schema of YAML 1.2 with Go's additions for numbers, timestamps being strings. */
export type Scalar = null | boolean | RegoNumber | 'string' | 'not-finite' | 'merge';

const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF', '-.inf', '-.Inf', '-.INF', '.nan', '.NaN', '.NAN'].map(
    (word) => [word, 'not-finite'] as const,
  ),
  ['<<', 'merge'],
]);

const INTEGER = /^([+-]?)(0x[0-9a-fA-F]+|0b[01]+|0o[0-7]+|0[0-7]*|[1-9]\d*)$/i;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

/** More than any number of 64 bits has, zeros in front included; a million digits would take seconds to read. */
const MOST_DIGITS = 1000;

/** Resolves a plain scalar; `string` when it is one. */
export function resolveScalar(text: string): Scalar {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.\d]/.test(text) || text.startsWith('_')) return 'string';
  const plain = text.replaceAll('_', '');
  const [, sign, digits] = INTEGER.exec(plain) ?? [];
  if (digits !== undefined && digits.length <= MOST_DIGITS) {
    const value = integer(digits) * (sign === '-' ? -1n : 1n);
    if (value >= -(2n ** 63n) && value < 2n ** 64n) return numberText(String(value));
  }
  return FLOAT.test(plain) ? floatOf(Number(plain)) : 'string';
}

function integer(digits: string): bigint {
  return BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
}

/** As Go's encoding/json writes a float64; numbers beyond it are no YAML numbers. */
function floatOf(value: number): Scalar {
  return Number.isFinite(value) ? numberText(Object.is(value, -0) ? '-0' : jsonFloat(value)) : 'string';
}

export function jsonFloat(value: number): string {
  const absolute = Math.abs(value);
  if (absolute !== 0 && (absolute < 1e-6 || absolute >= 1e21)) {
    // JavaScript writes exponents as Go's JSON does: without leading zeros in negative ones.
    return value
      .toExponential()
      .replace(/e([+-])(\d)$/, (_, sign: string, digit: string) => (sign === '-' ? `e-${digit}` : `e+${digit}`));
  }
  return absolute >= 1e21 ? BigInt(value).toString() : String(value);
}
