import { JsonError, unexpected } from './error.ts';

// The tokens of RFC 8259 over bytes. Each function takes the position where its token starts and returns the position
// after it, or throws a JsonError. Reading past the end gives undefined, which equals no byte and so ends every loop.

export const QUOTE = 0x22;
export const COMMA = 0x2c;
const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;
const LOWER_U = 0x75;

/** The bytes after a backslash: one of `"\/bfnrt`. */
const ESCAPES = new Set([QUOTE, BACKSLASH, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74]);

/** The first position from `at` that is not white space. Compact documents have none: one comparison, inlined. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  return at < bytes.length && bytes[at]! > 0x20 ? at : spaceEnd(bytes, at);
}

function spaceEnd(bytes: Uint8Array, at: number): number {
  let i = at;
  while (i < bytes.length) {
    const byte = bytes[i]!;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    i++;
  }
  return i;
}

/** The end of the string whose opening quote is at `at`. */
export function stringEnd(bytes: Uint8Array, at: number): number {
  const length = bytes.length;
  let i = at + 1;
  for (;;) {
    // The tight loop over bytes that stand for themselves decides the scanner's speed; its form is measured.
    let byte = 0;
    while (i < length && ((byte = bytes[i]!) - 0x20) >>> 0 < 0x60 && byte !== QUOTE && byte !== BACKSLASH) i++;
    if (i >= length || byte < 0x20) throw unexpected(bytes, i, 'a string without control characters');
    if (byte === QUOTE) return i + 1;
    i = byte === BACKSLASH ? escapeEnd(bytes, i) : utf8End(bytes, i, byte);
  }
}

/**
 * The end of the member name at `at`. A second loop beside `stringEnd`, because names are short and plain while values
 * are not: with a loop of its own, the processor predicts both better (8 % of the whole scan).
 */
export function nameEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) throw unexpected(bytes, at, 'a member name');
  const length = bytes.length;
  let i = at + 1;
  let byte = 0;
  while (i < length && (byte = bytes[i]!) > QUOTE && byte < 0x80 && byte !== BACKSLASH) i++;
  return byte === QUOTE ? i + 1 : stringEnd(bytes, at);
}

/** The start of the value that belongs to the member name ending at `at`. */
export function memberValue(bytes: Uint8Array, at: number): number {
  if (bytes[at] === COLON && at + 1 < bytes.length && bytes[at + 1]! > 0x20) return at + 1;
  const colon = skipSpace(bytes, at);
  if (bytes[colon] !== COLON) throw unexpected(bytes, colon, "':'");
  return skipSpace(bytes, colon + 1);
}

/** ASCII without escapes: bytes that stand for themselves. */
export function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80 || byte === BACKSLASH) return false;
  }
  return true;
}

function escapeEnd(bytes: Uint8Array, at: number): number {
  const byte = bytes[at + 1];
  if (byte === LOWER_U) {
    for (let i = at + 2; i < at + 6; i++) {
      if (!isHexDigit(bytes[i])) throw unexpected(bytes, i, 'four hexadecimal digits after \\u');
    }
    return at + 6;
  }
  if (byte === undefined || !ESCAPES.has(byte)) throw unexpected(bytes, at + 1, 'an escape sequence');
  return at + 2;
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const letter = byte | 0x20;
  return (byte >= ZERO && byte <= NINE) || (letter >= 0x61 && letter <= 0x66);
}

/** The end of a multi-byte sequence: shortest form only, no surrogates, nothing beyond U+10FFFF (RFC 3629, section 4). */
function utf8End(bytes: Uint8Array, at: number, lead: number): number {
  const second = bytes[at + 1] ?? 0;
  let length = 2;
  let low = 0x80;
  let high = 0xbf;
  if (lead < 0xc2 || lead > 0xf4) throw new JsonError('invalid-utf8', 'invalid UTF-8', at);
  if (lead >= 0xf0) {
    length = 4;
    if (lead === 0xf0) low = 0x90;
    if (lead === 0xf4) high = 0x8f;
  } else if (lead >= 0xe0) {
    length = 3;
    if (lead === 0xe0) low = 0xa0;
    if (lead === 0xed) high = 0x9f;
  }
  if (second < low || second > high) throw new JsonError('invalid-utf8', 'invalid UTF-8', at);
  for (let i = at + 2; i < at + length; i++) {
    if (((bytes[i] ?? 0) & 0xc0) !== 0x80) throw new JsonError('invalid-utf8', 'invalid UTF-8', at);
  }
  return at + length;
}

/** The end of the number or literal at `at`. */
export function scalarEnd(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === 0x74) return literalEnd(bytes, at, 'true');
  if (byte === 0x66) return literalEnd(bytes, at, 'false');
  if (byte === 0x6e) return literalEnd(bytes, at, 'null');
  return numberEnd(bytes, at);
}

function literalEnd(bytes: Uint8Array, at: number, literal: string): number {
  for (let i = 0; i < literal.length; i++) {
    if (bytes[at + i] !== literal.charCodeAt(i)) throw unexpected(bytes, at + i, `the literal ${literal}`);
  }
  return at + literal.length;
}

function numberEnd(bytes: Uint8Array, at: number): number {
  let i = bytes[at] === MINUS ? at + 1 : at;
  if (bytes[i] === ZERO) i++;
  else i = digitsEnd(bytes, i, i === at ? 'a value' : 'a digit');
  if (bytes[i] === POINT) i = digitsEnd(bytes, i + 1, 'a digit');
  if (((bytes[i] ?? 0) | 0x20) === LOWER_E) {
    const sign = bytes[i + 1];
    i = digitsEnd(bytes, sign === PLUS || sign === MINUS ? i + 2 : i + 1, 'a digit');
  }
  return i;
}

/** The end of one or more digits. */
function digitsEnd(bytes: Uint8Array, at: number, expected: string): number {
  let i = at;
  for (;;) {
    const byte = bytes[i];
    if (byte === undefined || byte < ZERO || byte > NINE) break;
    i++;
  }
  if (i === at) throw unexpected(bytes, at, expected);
  return i;
}
