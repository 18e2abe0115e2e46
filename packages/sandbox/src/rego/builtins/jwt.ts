import { hmac } from '../hash/hmac.ts';
import { SHA256, SHA384, SHA512, type Hash } from '../hash/hashes.ts';
import { bytesOf, textOf } from '../value/bytes.ts';
import { fromBase64, toHex } from '../value/radix.ts';
import { get } from '../value/collections.ts';
import { parseJson } from '../value/json.ts';
import { isObject, type RegoObject, type Value } from '../value/value.ts';
import { BuiltinError, onString, operands, type Builtin, type Family } from './builtin.ts';
import { sameBytes } from './crypto.ts';

export const jwt: Family = {
  'io.jwt.decode': onString((token) => decode(token, 0)),
  'io.jwt.verify_hs256': verifier(SHA256),
  'io.jwt.verify_hs384': verifier(SHA384),
  'io.jwt.verify_hs512': verifier(SHA512),
};

interface Token {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

/** Tokens in tokens in tokens: nobody means that. */
const MAX_NESTING = 8;

function decode(text: string, depth: number): Value {
  const token = split(text);
  const header = headerOf(token);
  const payload = decodePart(token.payload);
  const content = get(header, 'cty');
  if (content === 'JWT') {
    if (depth === MAX_NESTING) throw new BuiltinError('too many tokens in one another');
    return decode(withoutQuotes(textOf(payload)), depth + 1);
  }
  return [header, objectOfText(textOf(payload)), toHex(decodePart(token.signature))];
}

/** By hand: an expression that looks for quotes at the end tries each run of quotes from each of its places. */
function withoutQuotes(text: string): string {
  const isQuote = (at: number): boolean => text[at] === '"' || text[at] === "'";
  let [start, end] = [0, text.length];
  while (start < end && isQuote(start)) start++;
  while (end > start && isQuote(end - 1)) end--;
  return text.slice(start, end);
}

function split(text: string): Token {
  const [header, payload, signature, more] = text.split('.');
  if (header === undefined || payload === undefined || signature === undefined || more !== undefined) {
    throw new BuiltinError('encoded JWT had no or too many sections');
  }
  return { header, payload, signature };
}

function headerOf(token: Token): RegoObject {
  const header = objectOfText(textOf(decodePart(token.header)));
  // An encrypted token has another form.
  if (get(header, 'enc') !== undefined) throw new BuiltinError('JWT is a JWE object, which is not supported');
  return header;
}

function objectOfText(text: string): RegoObject {
  const value = parseJson(text);
  if (value === undefined || !isObject(value)) throw new BuiltinError('a part of the token is not a JSON object');
  return value;
}

/** With or without padding. Line breaks are read over, as in Go. */
function decodePart(text: string): Uint8Array {
  const padding = text.endsWith('=') ? '' : '='.repeat((4 - (text.length % 4)) % 4);
  const bytes = padding.length === 3 ? undefined : fromBase64((text + padding).replaceAll(/[\r\n]/g, ''), 'url');
  if (!bytes) throw new BuiltinError('a part of the token is not base64url');
  return bytes;
}

function verifier(hash: Hash): Builtin {
  return (args, { checkTime }) => {
    const { string } = operands(args);
    const token = split(string(1));
    const signature = decodePart(token.signature);
    return sameBytes(signature, hmac(hash, bytesOf(string(2)), bytesOf(`${token.header}.${token.payload}`), checkTime));
  };
}
