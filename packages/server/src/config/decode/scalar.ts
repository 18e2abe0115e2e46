import type { Scalar } from './node.ts';

/**
 * Plain scalars mean what they mean to kubectl and the API server, which read YAML with sigs.k8s.io/yaml:
 * YAML 1.1 booleans, leading-zero octal and underscores in numbers, but no base-60 numbers and no dates. The one
 * difference is that a decimal integer of any size keeps all its digits.
 */
export function resolvePlain(text: string): Scalar {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (/^[-+0-9]/.test(text)) return resolveNumber(text);
  return /^\.\d+(?:[eE][-+]?\d+)?$/.test(text) ? finiteOr(text, text) : text;
}

/** What a plain scalar means, as the reader of a file's kind takes it. */
export type ResolvePlain = (text: string) => Scalar;

/**
 * Plain scalars as policy servers read them, in YAML 1.2 (contract: policy-server §2): `yes`, `on` and `n` are texts, and
 * so are numbers with underscores or leading zeros.
 */
export function resolveCore(text: string): Scalar {
  if (/^(?:y|yes|on|n|no|off)$/i.test(text) || text.includes('_') || /^[-+]?0\d+$/.test(text)) return text;
  return resolvePlain(text);
}

const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...spellings(true, ['y', 'yes', 'true', 'on']),
  ...spellings(false, ['n', 'no', 'false', 'off']),
  ...spellings(null, ['null']),
  ['', null],
  ['~', null],
  ...['.nan', '.NaN', '.NAN'].map((text): [string, number] => [text, Number.NaN]),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((text): [string, number] => [text, Infinity]),
  ...['-.inf', '-.Inf', '-.INF'].map((text): [string, number] => [text, -Infinity]),
]);

/** Each word in lower case, capitalised and in upper case; no other mixture counts. */
function spellings(value: Scalar, words: readonly string[]): [string, Scalar][] {
  return words.flatMap((word) => {
    const capitalised = word.slice(0, 1).toUpperCase() + word.slice(1);
    return [word, capitalised, word.toUpperCase()].map((text): [string, Scalar] => [text, value]);
  });
}

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

function resolveNumber(text: string): Scalar {
  const digits = text.replaceAll('_', '');
  const [, sign = '', magnitude = ''] = /^([-+]?)(.*)$/s.exec(digits) ?? [];
  if (/^(?:0|[1-9]\d*)$/.test(magnitude)) return signed(sign, magnitude);
  const prefixed = prefixedInteger(sign, magnitude);
  if (prefixed !== undefined) return prefixed;
  return /^(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(magnitude) ? finiteOr(digits, text) : text;
}

/** An integer with a base, if it fits 64 bits: `0x1f`, `0b11`, `0o17` or, as in YAML 1.1, `017`. */
function prefixedInteger(sign: string, magnitude: string): bigint | undefined {
  const literal = /^0[0-7]+$/.test(magnitude) ? `0o${magnitude.slice(1)}` : magnitude;
  if (!/^0(?:x[\da-f]+|b[01]+|o[0-7]+)$/i.test(literal)) return undefined;
  const value = signed(sign, literal);
  // A sign makes the original read 64 bits with a sign; without one it reads them without.
  const maximum = sign === '' ? UINT64_MAX : 2n ** 63n - 1n;
  return value >= INT64_MIN && value <= maximum ? value : undefined;
}

function signed(sign: string, literal: string): bigint {
  return sign === '-' ? -BigInt(literal) : BigInt(literal);
}

/** The number, or `otherwise` if it is too large for a float, in which case the original keeps the text. */
function finiteOr(digits: string, otherwise: string): Scalar {
  const value = Number(digits);
  return Number.isFinite(value) ? value : otherwise;
}

const TAG_PREFIX = 'tag:yaml.org,2002:';

/** The value of a scalar with an explicit tag, or undefined if the tag is unknown or the text is not of its type. */
export function resolveTagged(tag: string, text: string): Scalar | undefined {
  if (tag === `${TAG_PREFIX}str`) return text;
  const value = resolvePlain(text);
  switch (tag) {
    case `${TAG_PREFIX}int`:
      return typeof value === 'bigint' ? value : undefined;
    case `${TAG_PREFIX}float`:
      return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : undefined;
    case `${TAG_PREFIX}bool`:
      return typeof value === 'boolean' ? value : undefined;
    case `${TAG_PREFIX}null`:
      return value === null ? value : undefined;
    default:
      return undefined;
  }
}

/** Whether a tag only repeats what a list or a mapping is anyway. */
export function isPlainCollectionTag(tag: string, kind: 'list' | 'map'): boolean {
  return tag === TAG_PREFIX + (kind === 'list' ? 'seq' : 'map');
}
