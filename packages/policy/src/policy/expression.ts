import { PolicyError } from './errors.ts';

/** A group's expression over its members (contract: policy-server §10.1). All of it is boolean. */
export type Expression =
  | { readonly type: 'literal'; readonly value: boolean }
  | { readonly type: 'call'; readonly member: string }
  | { readonly type: 'not'; readonly operand: Expression }
  | { readonly type: '&&' | '||' | '==' | '!='; readonly left: Expression; readonly right: Expression };

/** The original's bound on nesting. */
const MAX_DEPTH = 64;
/** Three hundred members of the longest names there are (63 characters) and their operators. */
const MAX_LENGTH = 20_000;

const TOKEN = /\s*(?:([_a-zA-Z][_a-zA-Z0-9]*)|(&&|\|\||==|!=|[!()]))/y;
/** CEL's own words; the controller refuses them as names too. */
const RESERVED: ReadonlySet<string> = new Set(
  'as break const continue else false for function if import in let loop namespace null package return true var void while'.split(
    ' ',
  ),
);

interface Parsing {
  readonly tokens: readonly string[];
  readonly members: ReadonlySet<string>;
  at: number;
}

/**
 * Reads an expression of member calls (`name()`), `true`, `false`, `!`, `==`, `!=`, `&&`, `||` and parentheses, which
 * bind in CEL's order. Throws PolicyError for anything else, and for names that are no members: when the policy is
 * loaded, not at its first request.
 */
export function parseExpression(text: string, members: ReadonlySet<string>): Expression {
  for (const name of members) {
    if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || RESERVED.has(name)) {
      throw invalid(`the member name ${JSON.stringify(name.slice(0, 64))} cannot be used in an expression`);
    }
  }
  const parsing: Parsing = { tokens: tokensOf(text), members, at: 0 };
  const expression = disjunction(parsing, 0);
  if (parsing.at < parsing.tokens.length) throw unexpected(parsing, 'an operator or the end');
  return expression;
}

function tokensOf(text: string): string[] {
  if (text.length > MAX_LENGTH) throw invalid(`it is longer than ${MAX_LENGTH} characters`);
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  for (let at = 0; at < end; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) throw invalid(`unexpected character at position ${at + 1}`);
    tokens.push(match[1] ?? match[2] ?? '');
  }
  return tokens;
}

function disjunction(parsing: Parsing, depth: number): Expression {
  let left = conjunction(parsing, depth);
  while (taken(parsing, '||')) left = { type: '||', left, right: conjunction(parsing, depth) };
  return left;
}

function conjunction(parsing: Parsing, depth: number): Expression {
  let left = comparison(parsing, depth);
  while (taken(parsing, '&&')) left = { type: '&&', left, right: comparison(parsing, depth) };
  return left;
}

function comparison(parsing: Parsing, depth: number): Expression {
  let left = negation(parsing, depth);
  for (;;) {
    const type = taken(parsing, '==') ? '==' : taken(parsing, '!=') ? '!=' : undefined;
    if (type === undefined) return left;
    left = { type, left, right: negation(parsing, depth) };
  }
}

function negation(parsing: Parsing, depth: number): Expression {
  if (depth > MAX_DEPTH) throw invalid(`it is nested deeper than ${MAX_DEPTH} levels`);
  return taken(parsing, '!') ? { type: 'not', operand: negation(parsing, depth + 1) } : primary(parsing, depth);
}

function primary(parsing: Parsing, depth: number): Expression {
  if (taken(parsing, '(')) {
    const inner = disjunction(parsing, depth + 1);
    expect(parsing, ')');
    return inner;
  }
  if (taken(parsing, 'true')) return { type: 'literal', value: true };
  if (taken(parsing, 'false')) return { type: 'literal', value: false };
  const member = parsing.tokens[parsing.at];
  if (member === undefined || !/^\w/.test(member)) throw unexpected(parsing, 'a member, true, false, ! or (');
  if (!parsing.members.has(member)) throw invalid(`unknown member ${JSON.stringify(member.slice(0, 64))}`);
  parsing.at++;
  expect(parsing, '(');
  expect(parsing, ')');
  return { type: 'call', member };
}

function taken(parsing: Parsing, token: string): boolean {
  if (parsing.tokens[parsing.at] !== token) return false;
  parsing.at++;
  return true;
}

function expect(parsing: Parsing, token: string): void {
  if (!taken(parsing, token)) throw unexpected(parsing, token);
}

function unexpected({ tokens, at }: Parsing, wanted: string): PolicyError {
  const found = tokens[at];
  return invalid(`expected ${wanted}, found ${found === undefined ? 'the end' : JSON.stringify(found.slice(0, 64))}`);
}

function invalid(cause: string): PolicyError {
  return new PolicyError('invalid-expression', `error evaluating policy group expression: ${cause}`);
}
