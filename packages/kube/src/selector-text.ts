import { SelectorError } from './errors.ts';
import type { Requirement } from './selector.ts';

/** Longer texts are refused: no URL would carry them. */
const MAX_TEXT_LENGTH = 64 * 1024;

type Token = { readonly kind: 'word' | 'symbol' | 'end'; readonly text: string };

/** Splits a selector into words and symbols; blanks only separate. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [token] of text.matchAll(/==|!=|[=!<>(),]|[^\s=!<>(),]+/g)) {
    tokens.push({ kind: /^[=!<>(),]/.test(token) ? 'symbol' : 'word', text: token });
  }
  return tokens;
}

/**
 * Reads a selector written as text, by the grammar of Kubernetes. Keys and values are not checked here.
 * Throws SelectorError.
 */
export function parseRequirements(text: string): readonly Requirement[] {
  if (text.length > MAX_TEXT_LENGTH) throw new SelectorError('the selector is too long');
  const tokens = tokensOf(text);
  if (tokens.length === 0) return [];
  const requirements: Requirement[] = [];
  let at = 0;
  const peek = (): Token => tokens[at] ?? { kind: 'end', text: 'the end' };
  const next = (): Token => {
    const token = peek();
    at += 1;
    return token;
  };
  const expected = (what: string, { text: found }: Token): SelectorError =>
    new SelectorError(`expected ${what}, found ${JSON.stringify(found)}`);
  const key = (): string => {
    const token = next();
    if (token.kind !== 'word') throw expected('a label key', token);
    return token.text;
  };
  // After `=` nothing, or a comma, stands for the empty value.
  const value = (): string => (peek().kind === 'word' ? next().text : '');
  const set = (): readonly string[] => {
    const open = next();
    if (open.text !== '(') throw expected('"("', open);
    const values = [value()];
    while (peek().text === ',') {
      next();
      values.push(value());
    }
    const close = next();
    if (close.kind !== 'symbol' || close.text !== ')') throw expected('")"', close);
    return values;
  };
  const requirement = (): Requirement => {
    if (peek().text === '!') {
      next();
      return { key: key(), operator: 'DoesNotExist', values: [] };
    }
    const name = key();
    const { text: operator, kind } = peek();
    if (kind === 'end' || operator === ',') return { key: name, operator: 'Exists', values: [] };
    next();
    switch (operator) {
      case '=':
      case '==':
        return { key: name, operator: 'In', values: [value()] };
      case '!=':
        return { key: name, operator: 'NotIn', values: [value()] };
      case '>':
        return { key: name, operator: 'Gt', values: [value()] };
      case '<':
        return { key: name, operator: 'Lt', values: [value()] };
      case 'in':
        return { key: name, operator: 'In', values: set() };
      case 'notin':
        return { key: name, operator: 'NotIn', values: set() };
      default:
        throw expected('an operator', { kind, text: operator });
    }
  };
  for (;;) {
    requirements.push(requirement());
    const separator = next();
    if (separator.kind === 'end') return requirements;
    if (separator.text !== ',') throw expected('","', separator);
  }
}
