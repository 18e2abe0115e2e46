import { charactersOf, step } from '../steps.ts';
import { bytesOf } from '../value/bytes.ts';
import { formatBinaryFloat, formatFloat } from './float.ts';
import { canBackquote, isPrintable, quoteGo, quoteRune } from './quote.ts';

/** What OPA gives to Go's fmt: a string, an int64 or *big.Int, or a float64. */
export type GoArgument =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number };

export interface Flags {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `#` in front of `v`: strings as Go would write them. */
  quoted: boolean;
  width: number | undefined;
  precision: number | undefined;
}

export function typeName(arg: GoArgument): string {
  if (arg.kind === 'string') return 'string';
  if (arg.kind === 'float') return 'float64';
  return isInt64(arg.value) ? 'int64' : '*big.Int';
}

export function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

const NO_FLAGS: Flags = {
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  quoted: false,
  width: undefined,
  precision: undefined,
};

export function plain(arg: GoArgument, flags: Flags = NO_FLAGS): string {
  return printArgument(arg, 'v', flags);
}

export function printArgument(arg: GoArgument, verb: string, flags: Flags): string {
  if (verb === 'T') return pad(cut(typeName(arg), flags), flags);
  if (verb === 'p') return wrongVerb(arg, verb, flags);
  if (arg.kind === 'string') return printString(arg.text, verb, flags) ?? wrongVerb(arg, verb, flags);
  if (arg.kind === 'float') return printFloat(arg.value, verb, flags) ?? wrongVerb(arg, verb, flags);
  if (isInt64(arg.value)) return printInteger(arg.value, verb, flags) ?? wrongVerb(arg, verb, flags);
  return printBig(arg.value, verb, flags);
}

function wrongVerb(arg: GoArgument, verb: string, flags: Flags): string {
  return `%!${verb}(${typeName(arg)}=${plain(arg, flags)})`;
}

function pad(text: string, { width, minus, zero }: Flags): string {
  if (width === undefined) return text;
  const missing = width - charactersOf(text).length;
  if (missing <= 0) return text;
  if (minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}

function cut(text: string, { precision }: Flags): string {
  return precision === undefined ? text : charactersOf(text).slice(0, precision).join('');
}

function printString(text: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
      return flags.quoted ? printString(text, 'q', flags) : pad(cut(text, flags), flags);
    case 's':
      return pad(cut(text, flags), flags);
    case 'q': {
      const shown = cut(text, flags);
      const quoted = flags.sharp && canBackquote(shown) ? `\`${shown}\`` : quoteGo(shown, flags.plus);
      return pad(quoted, flags);
    }
    case 'x':
      return pad(hexOf(bytesOf(text), flags, 'x'), flags);
    case 'X':
      return pad(hexOf(bytesOf(text), flags, 'X').toUpperCase().replaceAll('0X', '0X'), flags);
    default:
      return undefined;
  }
}

function hexOf(all: Uint8Array, { precision, sharp, space }: Flags, verb: 'x' | 'X'): string {
  const bytes = Array.from(all.subarray(0, precision ?? all.length), (byte) => {
    step();
    return byte.toString(16).padStart(2, '0');
  });
  if (bytes.length === 0) return '';
  const prefix = sharp ? `0${verb}` : '';
  return space ? bytes.map((byte) => prefix + byte).join(' ') : prefix + bytes.join('');
}

const BASES: Readonly<Record<string, readonly [base: number, prefix: string]>> = {
  v: [10, ''],
  d: [10, ''],
  b: [2, '0b'],
  o: [8, '0'],
  O: [8, '0o'],
  x: [16, '0x'],
  X: [16, '0X'],
};

function printInteger(value: bigint, verb: string, flags: Flags): string | undefined {
  const base = BASES[verb];
  if (base) return printBase(value, verb, base, flags);
  if (verb === 'c') return pad(runeOf(value), flags);
  if (verb === 'q') return pad(quoteRune(isRune(value) ? Number(value) : -1, flags.plus), flags);
  return verb === 'U' ? unicodeOf(value, flags) : undefined;
}

function isRune(value: bigint): boolean {
  return value >= 0n && value <= 0x10ffffn;
}

function runeOf(value: bigint): string {
  const code = isRune(value) ? Number(value) : 0xfffd;
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code);
}

function unicodeOf(value: bigint, flags: Flags): string {
  const digits = BigInt.asUintN(64, value)
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, flags.precision ?? 0), '0');
  const shown =
    flags.sharp && isRune(value) && isPrintable(String.fromCodePoint(Number(value))) ? ` '${runeOf(value)}'` : '';
  return pad(`U+${digits}${shown}`, { ...flags, zero: false });
}

function printBase(value: bigint, verb: string, [base, prefix]: readonly [number, string], flags: Flags): string {
  const { precision, width, zero, minus, plus, space } = flags;
  // A precision of zero shows a zero as nothing at all, but keeps the width.
  if (precision === 0 && value === 0n) return ' '.repeat(width ?? 0);
  const sign = value < 0n ? '-' : plus ? '+' : space ? ' ' : '';
  let digits = (value < 0n ? -value : value).toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  if (precision !== undefined) digits = digits.padStart(precision, '0');
  else if (zero && !minus && width !== undefined) digits = digits.padStart(width - sign.length, '0');
  if (base === 8 && flags.sharp && !digits.startsWith('0')) digits = `0${digits}`;
  const shown = verb === 'O' || (flags.sharp && base !== 8) ? prefix : '';
  return pad(sign + shown + digits, { ...flags, zero: false });
}

/** `*big.Int` prints itself, by rules of its own. */
function printBig(value: bigint, verb: string, flags: Flags): string {
  const bases: Readonly<Record<string, readonly [number, string]>> = {
    ...BASES,
    s: [10, ''],
  };
  const base = bases[verb];
  if (!base) return `%!${verb}(big.Int=${value})`;
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  let digits = (value < 0n ? -value : value).toString(base[0]);
  if (verb === 'X') digits = digits.toUpperCase();
  const prefix = verb === 'O' ? '0o' : flags.sharp ? base[1] : '';
  const zeros = Math.max(0, (flags.precision ?? 0) - digits.length);
  const length = sign.length + prefix.length + zeros + digits.length;
  const missing = Math.max(0, (flags.width ?? 0) - length);
  if (flags.minus) return sign + prefix + '0'.repeat(zeros) + digits + ' '.repeat(missing);
  if (flags.zero && flags.precision === undefined) return sign + prefix + '0'.repeat(missing + zeros) + digits;
  return ' '.repeat(missing) + sign + prefix + '0'.repeat(zeros) + digits;
}

const FLOAT_VERBS = 'vbgGxXfFeE';

function printBinary(value: number, verb: 'b' | 'x' | 'X', flags: Flags): string {
  const text = formatBinaryFloat(value, verb === 'b' ? 'b' : 'x', flags.precision ?? -1);
  // Go fills up with zeros for `x` alone.
  const zeros = verb === 'x' ? 'g' : 'f';
  const dotted = flags.sharp && verb !== 'b' && Number.isFinite(value);
  const shown = dotted ? keepZeros(text, zeros, flags.precision, 'p') : text;
  return padNumber(verb === 'X' ? shown.toUpperCase() : shown, flags, Number.isFinite(value));
}

function printFloat(value: number, verb: string, flags: Flags): string | undefined {
  if (!FLOAT_VERBS.includes(verb)) return undefined;
  if (verb === 'b' || verb === 'x' || verb === 'X') return printBinary(value, verb, flags);
  const format = verb === 'v' ? 'g' : (verb.toLowerCase() as 'e' | 'f' | 'g');
  const precision = flags.precision ?? (format === 'g' ? -1 : 6);
  let text = formatFloat(value, format, precision);
  if (flags.sharp && Number.isFinite(value)) text = keepZeros(text, format, flags.precision, 'e');
  if (verb === 'E' || verb === 'G') text = text.toUpperCase().replace('INF', 'Inf').replace('NAN', 'NaN');
  return padNumber(text, flags, Number.isFinite(value));
}

/** `#` keeps the decimal point, and for `g` the zeros behind it, all counted with the `x` of hexadecimal numbers. */
function keepZeros(text: string, format: string, precision: number | undefined, mark: 'e' | 'p'): string {
  const [mantissa = '', exponent] = text.split(mark);
  const tail = exponent === undefined ? '' : `${mark}${exponent}`;
  const dotted = mantissa.includes('.') ? mantissa : `${mantissa}.`;
  if (format !== 'g') return dotted + tail;
  const wanted = precision ?? 6;
  const significant = dotted.replace(/^[-+]?0*\.?0*/, '').replace('.', '').length || 1;
  return dotted + '0'.repeat(Math.max(0, (wanted === 0 ? 1 : wanted) - significant)) + tail;
}

function padNumber(text: string, flags: Flags, finite: boolean): string {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '');
  const sign = negative
    ? '-'
    : flags.plus || (text.startsWith('+Inf') && flags.plus)
      ? '+'
      : flags.space
        ? ' '
        : finite
          ? ''
          : text.startsWith('+')
            ? '+'
            : '';
  if (flags.zero && !flags.minus && finite && flags.width !== undefined) {
    return sign + digits.padStart(flags.width - sign.length, '0');
  }
  return pad(sign + digits, { ...flags, zero: flags.zero && finite });
}
