import { expected, type Decoder } from './decoder.ts';

/** The powers of ten and of two behind the suffixes of a Kubernetes quantity. */
const DECIMAL_EXPONENT: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_EXPONENT: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

const QUANTITY = /^\+?(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i))?$/;

/** The whole number of a Kubernetes quantity such as `64Mi`, `1.5G` or `2e3`, rounded up; undefined if it is none. */
export function parseQuantity(text: string): bigint | undefined {
  const [matched, whole = '', fraction = '', exponent = '0', suffix = ''] = QUANTITY.exec(text) ?? [];
  if (matched === undefined) return undefined;
  const binary = BINARY_EXPONENT[suffix] ?? 0;
  const decimal = (DECIMAL_EXPONENT[suffix] ?? 0) + Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction) << BigInt(binary);
  if (decimal >= 0) return digits * 10n ** BigInt(decimal);
  const divisor = 10n ** BigInt(-decimal);
  return (digits + divisor - 1n) / divisor;
}

/** A quantity of bytes from `minimum` to `maximum`, both as quantities too. A bare number is accepted. */
export function byteQuantity(minimum: string, maximum: string): Decoder<number> {
  const [low, high] = [parseQuantity(minimum)!, parseQuantity(maximum)!];
  return {
    schema: { type: ['string', 'integer'], pattern: QUANTITY.source },
    decode(node, context) {
      const value = node.kind === 'scalar' ? node.value : null;
      const bytes = typeof value === 'string' ? parseQuantity(value) : value;
      if (typeof bytes === 'bigint' && bytes >= low && bytes <= high) return Number(bytes);
      return expected(`a quantity from ${minimum} to ${maximum}, such as 64Mi`, node, context);
    },
  };
}
