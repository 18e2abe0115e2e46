import { step } from '../steps.ts';
import { BuiltinError } from '../builtins/builtin.ts';
import { bytesOf, textOf } from '../value/bytes.ts';
import type { Entry } from '../value/value.ts';

/** Query strings as Go's `net/url` escapes and reads them. */

const UNRESERVED = /[A-Za-z0-9\-_.~]/;

export function escapeQuery(text: string): string {
  return Array.from(bytesOf(text), (byte) => {
    step();
    const character = String.fromCharCode(byte);
    if (UNRESERVED.test(character)) return character;
    return byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

export function unescapeQuery(text: string): string {
  return unescape(text.replaceAll('+', ' '));
}

/** Undoes percent escapes. */
export function unescape(text: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw new BuiltinError('invalid URL escape');
  if (!text.includes('%')) return text;
  const bytes: number[] = [];
  const source = bytesOf(text);
  for (let at = 0; at < source.length; at++) {
    step();
    if (source[at] !== 0x25) bytes.push(source[at] ?? 0);
    else {
      bytes.push(Number.parseInt(String.fromCharCode(source[at + 1] ?? 0, source[at + 2] ?? 0), 16));
      at += 2;
    }
  }
  return textOf(Uint8Array.from(bytes));
}

/** Names with all their values, as entries of an object. */
export function parseQuery(query: string): readonly Entry[] {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    step(4);
    if (pair.includes(';')) throw new BuiltinError('invalid semicolon separator in query');
    if (pair === '') continue;
    const split = pair.indexOf('=');
    const name = unescapeQuery(split < 0 ? pair : pair.slice(0, split));
    const value = split < 0 ? '' : unescapeQuery(pair.slice(split + 1));
    const known = values.get(name);
    if (known) known.push(value);
    else values.set(name, [value]);
  }
  return [...values];
}
