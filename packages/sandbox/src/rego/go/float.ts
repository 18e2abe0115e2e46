/** Floating-point numbers as Go's strconv writes them, to the digit. */

/** The decimal digits of a finite positive number: `0.d₁d₂… × 10^point`. */
interface Digits {
  readonly digits: string;
  readonly point: number;
}

/** `precision` -1 means as many digits as tell the number apart from its neighbours. */
export function formatFloat(value: number, format: 'e' | 'f' | 'g', precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const exact = digitsOf(Math.abs(value), precision < 0);
  const shortest = precision < 0;
  if (format === 'e')
    return sign + exponential(shortest ? exact : round(exact, precision + 1), shortest ? undefined : precision);
  if (format === 'f') {
    const rounded = shortest ? exact : round(exact, exact.point + precision);
    return sign + positional(rounded, shortest ? Math.max(rounded.digits.length - rounded.point, 0) : precision);
  }
  return sign + general(exact, precision);
}

function general(exact: Digits, precision: number): string {
  const shortest = precision < 0;
  const wanted = precision === 0 ? 1 : precision;
  const rounded = shortest ? exact : trim(round(exact, wanted));
  const length = rounded.digits.length;
  // %e is used if the exponent from the conversion is less than -4 or greater than or equal to the precision.
  let threshold = wanted;
  if (threshold > length && length >= rounded.point) threshold = length;
  if (shortest) threshold = 6;
  const exponent = rounded.point - 1;
  if (exponent < -4 || exponent >= threshold) return exponential(rounded, undefined);
  return positional(rounded, Math.max(length - rounded.point, 0));
}

function exponential({ digits, point }: Digits, precision: number | undefined): string {
  const first = digits[0] ?? '0';
  const rest = precision === undefined ? digits.slice(1) : digits.slice(1, precision + 1).padEnd(precision, '0');
  const exponent = digits === '' || digits === '0' ? 0 : point - 1;
  const text = String(Math.abs(exponent)).padStart(2, '0');
  return `${first}${rest ? `.${rest}` : ''}e${exponent < 0 ? '-' : '+'}${text}`;
}

function positional({ digits, point }: Digits, fraction: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (fraction === 0) return whole;
  const rest = point >= 0 ? digits.slice(point) : '0'.repeat(Math.min(-point, fraction)) + digits;
  return `${whole}.${rest.slice(0, fraction).padEnd(fraction, '0')}`;
}

function digitsOf(value: number, shortest: boolean): Digits {
  if (value === 0) return { digits: '0', point: 1 };
  if (shortest) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e');
    return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
  }
  return exactDigits(value);
}

/** Every digit that the binary number has. */
function exactDigits(value: number): Digits {
  const { mantissa, exponent } = binaryOf(value);
  if (exponent >= 0) {
    const digits = (mantissa << BigInt(exponent)).toString();
    return trim({ digits, point: digits.length });
  }
  // m / 2^k = m × 5^k / 10^k
  const digits = (mantissa * 5n ** BigInt(-exponent)).toString();
  return trim({ digits, point: digits.length + exponent });
}

function trim({ digits, point }: Digits): Digits {
  return { digits: digits.replace(/0+$/, '') || '0', point };
}

/** To `count` digits; a number exactly halfway goes to the even one. */
function round({ digits, point }: Digits, count: number): Digits {
  if (count >= digits.length) return { digits, point };
  if (count < 0) return { digits: '', point };
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const next = rest.charCodeAt(0) - 48;
  const half = next === 5 && /^50*$/.test(rest);
  const odd = count > 0 && (kept.charCodeAt(count - 1) - 48) % 2 === 1;
  const up = half ? odd : next >= 5;
  if (!up) return { digits: kept, point };
  const raised = (BigInt(kept || '0') + 1n).toString().padStart(count, '0');
  return raised.length > count ? { digits: raised, point: point + 1 } : { digits: raised, point };
}

/** A finite positive number as `mantissa × 2^exponent`. */
function binaryOf(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  return { mantissa: biased === 0 ? fraction : fraction | (1n << 52n), exponent: (biased === 0 ? 1 : biased) - 1075 };
}

/** Go's formats `b` (mantissa and power of two) and `x` (hexadecimal digits); the precision counts digits, -1 for all. */
export function formatBinaryFloat(value: number, format: 'b' | 'x', precision: number): string {
  if (!Number.isFinite(value)) return formatFloat(value, 'g', -1);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const { mantissa, exponent } = binaryOf(Math.abs(value));
  if (format === 'b') return `${sign}${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
  return sign + hexadecimal(mantissa, exponent + 52, precision);
}

function hexadecimal(mantissa: bigint, exponent: number, precision: number): string {
  let [digits, power] = [mantissa, mantissa === 0n ? 0 : exponent];
  for (; digits !== 0n && digits < 1n << 52n; power--) digits <<= 1n;
  if (precision >= 0 && precision < 13) {
    const unit = 1n << BigInt(52 - 4 * precision);
    const rest = digits % unit;
    digits -= rest;
    if (rest * 2n > unit || (rest * 2n === unit && (digits / unit) % 2n === 1n)) digits += unit;
    if (digits >= 1n << 53n) [digits, power] = [digits >> 1n, power + 1];
  }
  const all = (digits & ((1n << 52n) - 1n)).toString(16).padStart(13, '0');
  const fraction = precision < 0 ? all.replace(/0+$/, '') : all.slice(0, precision).padEnd(precision, '0');
  const text = String(Math.abs(power)).padStart(2, '0');
  return `0x${digits >> 52n}${fraction === '' ? '' : `.${fraction}`}p${power < 0 ? '-' : '+'}${text}`;
}
