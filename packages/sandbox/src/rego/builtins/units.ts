import { within } from '../limits.ts';
import { number, numberText } from '../value/value.ts';
import { BuiltinError, onString, type Family } from './builtin.ts';

/** `numerator / denominator`, both integers. */
interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const DECIMAL = ['k', 'm', 'g', 't', 'p', 'e'];
const MAX_EXPONENT_DIGITS = 6;
/** A larger exponent would only cost memory; OPA computes it, to a number that nothing compares with. */
const MAX_EXPONENT = 4096;

export const units: Family = {
  'units.parse': onString((raw) => {
    const { amount, unit } = split(raw.replaceAll('"', ''));
    const tail = unit.slice(1).toLowerCase();
    return show(multiply(amount, siFactor(unit.slice(0, 1) + tail)));
  }),
  'units.parse_bytes': onString((raw) => {
    const { amount, unit } = split(raw.toLowerCase().replaceAll('"', ''));
    const bytes = nearest(multiply(nearest(amount), { numerator: byteFactor(unit), denominator: 1n }));
    return number(bytes.numerator / bytes.denominator);
  }),
};

function byteFactor(unit: string): bigint {
  const [, letter, binary] = /^([kmgtpe])(i)?b?$/.exec(unit) ?? [];
  if (unit === '') return 1n;
  if (letter === undefined) throw new BuiltinError('unit not recognized');
  return (binary ? 1024n : 1000n) ** BigInt(DECIMAL.indexOf(letter) + 1);
}

/** The double nearest to a thousandth, which is what OPA multiplies with. */
const MILLI: Ratio = { numerator: 1_152_921_504_606_847n, denominator: 2n ** 60n };

function siFactor(unit: string): Ratio {
  if (unit === '') return { numerator: 1n, denominator: 1n };
  if (unit === 'm') return MILLI;
  const [, letter = '', binary] = /^([kKMgGtTpPeE])$|^([kKmMgGtTpPeE])i$/.exec(unit) ? [unit, unit[0], unit[1]] : [];
  if (letter === '') throw new BuiltinError('unit not recognized');
  const power = BigInt(DECIMAL.indexOf(letter.toLowerCase()) + 1);
  return { numerator: (binary ? 1024n : 1000n) ** power, denominator: 1n };
}

function multiply(a: Ratio, b: Ratio): Ratio {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator };
}

/** Bits of a mantissa of Go's `big.Float`, which OPA counts bytes with. */
const MANTISSA = 64;

/** The nearest number with that many bits; of two the even one. */
function nearest({ numerator, denominator }: Ratio): Ratio {
  if (numerator < 0n) {
    const positive = nearest({ numerator: -numerator, denominator });
    return { ...positive, numerator: -positive.numerator };
  }
  if (numerator === 0n) return { numerator, denominator };
  // So many bits that the integer part of the shifted ratio has MANTISSA or one more of them.
  const shift = MANTISSA - (bits(numerator) - bits(denominator));
  const [top, bottom] =
    shift >= 0 ? [numerator << BigInt(shift), denominator] : [numerator, denominator << BigInt(-shift)];
  const excess = bits(top / bottom) - MANTISSA;
  const scaled = bottom << BigInt(excess);
  const [mantissa, rest] = [top / scaled, (top % scaled) * 2n];
  const up = rest > scaled || (rest === scaled && mantissa % 2n === 1n);
  const rounded = up ? mantissa + 1n : mantissa;
  const exponent = excess - shift;
  return exponent >= 0
    ? { numerator: rounded << BigInt(exponent), denominator: 1n }
    : { numerator: rounded, denominator: 1n << BigInt(-exponent) };
}

function bits(value: bigint): number {
  return value.toString(2).length;
}

/** Integers as they are, anything else with ten digits behind the point. */
function show({ numerator, denominator }: Ratio): ReturnType<typeof numberText> {
  if (numerator % denominator === 0n) return number(numerator / denominator);
  const scale = 10n ** 10n;
  const negative = numerator < 0n;
  const absolute = negative ? -numerator : numerator;
  const scaled = (absolute * scale * 2n + denominator) / (denominator * 2n);
  const text = `${scaled / scale}.${(scaled % scale).toString().padStart(10, '0')}`;
  return numberText(negative ? `-${text}` : text);
}

function split(text: string): { readonly amount: Ratio; readonly unit: string } {
  within(text.length, 'digits');
  if (text.includes(' ')) throw new BuiltinError('spaces not allowed in resource strings');
  const end = endOfNumber(text);
  if (end === 0) throw new BuiltinError('no amount provided');
  return { amount: parseAmount(text.slice(0, end)), unit: text.slice(end) };
}

function endOfNumber(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (!/[\d.eE+-]/.test(character)) return at;
    if (!/[eE]/.test(character)) continue;
    const next = text[at + 1] ?? '';
    if (!/[\d+-]/.test(next)) return at;
    if (/[+-]/.test(next)) at++;
    const [digits = ''] = /^\d*/.exec(text.slice(at + 1)) ?? [];
    if (digits.length > MAX_EXPONENT_DIGITS) throw new BuiltinError('exponent too large');
  }
  return text.length;
}

function parseAmount(text: string): Ratio {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole + fraction === '') throw new BuiltinError('could not parse amount to a number');
  const power = Number(exponent) - fraction.length;
  if (Math.abs(power) > MAX_EXPONENT) throw new BuiltinError('exponent too large');
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  const scale = 10n ** BigInt(Math.abs(power));
  return power >= 0 ? { numerator: digits * scale, denominator: 1n } : { numerator: digits, denominator: scale };
}
