import { SyntaxProblem } from '../error.ts';
import { Uint } from '../value.ts';
import { readQuoted } from './quoted.ts';

export type Token =
  | { readonly kind: 'identifier'; readonly text: string; readonly at: number }
  | { readonly kind: 'quoted-identifier'; readonly text: string; readonly at: number }
  | { readonly kind: 'literal'; readonly value: bigint | number | Uint | string | Uint8Array; readonly at: number }
  | { readonly kind: 'symbol'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly at: number };

const SPACE = /(?:[ \t\n\r\f]|\/\/[^\n]*)+/y;
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const QUOTED_IDENTIFIER = /`([A-Za-z0-9_.\-/ ]+)`/y;
const DOUBLE = /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y;
const INTEGER = /(0x[0-9a-fA-F]+|[0-9]+)([uU]?)/y;
const QUOTE_START = /(?:[rR][bB]?|[bB][rR]?)?["']/y;
const SYMBOL = /\|\||&&|==|!=|<=|>=|[-+*/%!<>?:.,()[\]{}]/y;

const MAX_INT = (1n << 63n) - 1n;
const MAX_UINT = (1n << 64n) - 1n;

/** All tokens of a text, `end` last. Throws a SyntaxProblem at the first character that starts none. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += match(SPACE, source, at)?.[0].length ?? 0;
    if (at >= source.length) return [...tokens, { kind: 'end', at }];
    const [token, length] = readToken(source, at);
    tokens.push(token);
    at += length;
  }
}

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}

function readToken(source: string, at: number): readonly [Token, number] {
  const quote = match(QUOTE_START, source, at);
  if (quote !== null) {
    const { value, end } = readQuoted(source, at);
    return [{ kind: 'literal', value, at }, end - at];
  }
  const identifier = match(IDENTIFIER, source, at);
  if (identifier !== null) return [{ kind: 'identifier', text: identifier[0], at }, identifier[0].length];
  const quoted = match(QUOTED_IDENTIFIER, source, at);
  if (quoted !== null) return [{ kind: 'quoted-identifier', text: quoted[1] ?? '', at }, quoted[0].length];
  const number = readNumber(source, at);
  if (number !== undefined) return number;
  const symbol = match(SYMBOL, source, at);
  if (symbol === null) throw new SyntaxProblem(`unexpected character ${JSON.stringify(source[at])}`, at);
  const text = symbol[0];
  return [{ kind: 'symbol', text, at }, text.length];
}

function readNumber(source: string, at: number): readonly [Token, number] | undefined {
  const double = match(DOUBLE, source, at);
  if (double !== null) {
    const value = Number(double[0]);
    if (!Number.isFinite(value)) throw new SyntaxProblem('double literal is out of range', at);
    return [{ kind: 'literal', value, at }, double[0].length];
  }
  const integer = match(INTEGER, source, at);
  if (integer === null) return undefined;
  const value = BigInt(integer[1] ?? '0');
  if (integer[2] !== '') {
    if (value > MAX_UINT) throw new SyntaxProblem('unsigned integer literal is out of range', at);
    return [{ kind: 'literal', value: new Uint(value), at }, integer[0].length];
  }
  // One more than the largest is let through: it is the smallest once its minus sign is read.
  if (value > MAX_INT + 1n) throw new SyntaxProblem('integer literal is out of range', at);
  return [{ kind: 'literal', value, at }, integer[0].length];
}
