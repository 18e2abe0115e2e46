import { charactersOf, step } from '../steps.ts';
import { bytesOf } from '../value/bytes.ts';

const SHORT: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** What Go's `unicode.IsPrint` accepts: letters, marks, numbers, punctuation, symbols, and the plain space. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** A string in Go syntax (`strconv.Quote`); with `ascii` everything else is escaped. */
export function quoteGo(text: string, ascii = false): string {
  return `"${charactersOf(text)
    .map((character) => (character === '"' ? '\\"' : escape(character, ascii)))
    .join('')}"`;
}

/** A character in Go syntax (`strconv.QuoteRune`). */
export function quoteRune(code: number, ascii: boolean): string {
  const valid = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  const character = valid ? String.fromCodePoint(code) : '\ufffd';
  return `'${character === "'" ? "\\'" : escape(character, ascii)}'`;
}

function escape(character: string, ascii: boolean): string {
  step();
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xdc80 && code <= 0xdcff && character.length === 1) return `\\x${hex(bytesOf(character)[0] ?? 0, 2)}`;
  if (PRINTABLE.test(character) && (!ascii || code < 0x80)) return character;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** Whether Go would write the string between backquotes. */
export function canBackquote(text: string): boolean {
  return charactersOf(text).every((character) => {
    const code = character.codePointAt(0) ?? 0;
    return (
      character !== '`' &&
      character !== '\ufeff' &&
      code !== 0x7f &&
      (code >= 0x20 || code === 9) &&
      !(code >= 0xdc80 && code <= 0xdcff)
    );
  });
}

export function isPrintable(character: string): boolean {
  return PRINTABLE.test(character);
}
