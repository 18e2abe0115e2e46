import { SyntaxProblem } from '../error.ts';
import { MAX_EXPRESSION_DEPTH, MAX_SOURCE_LENGTH } from '../limits.ts';
import type { Expression, ListElement, MapEntry, MessageField } from './ast.ts';
import { tokenize, type Token } from './lexer.ts';
import { expandMacro } from './macros.ts';

/** Words of the language that name no variable and no field. */
const KEYWORDS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'in']);

/** Words that name no variable, but may name a field or a method. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(
  `as break const continue else for function if import let loop package namespace return var void while`.split(' '),
);

const BINDING: ReadonlyMap<string, number> = new Map([
  ['||', 1],
  ['&&', 2],
  ...['<', '<=', '>', '>=', '==', '!=', 'in'].map((operator) => [operator, 3] as const),
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
]);

const MAX_INT = (1n << 63n) - 1n;

/** Parses one expression (cel-spec, "Syntax"). Throws a SyntaxProblem at the first mistake or when a limit is exceeded. */
export function parse(source: string, options: { readonly macros?: boolean } = {}): Expression {
  if (source.length > MAX_SOURCE_LENGTH) {
    throw new SyntaxProblem(`the expression is longer than ${MAX_SOURCE_LENGTH} characters`, 0);
  }
  const parser = new Parser(tokenize(source), options.macros ?? true);
  return parser.whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #macros: boolean;
  readonly #depths = new Map<Expression, number>();
  #position = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[], macros: boolean) {
    this.#tokens = tokens;
    this.#macros = macros;
  }

  whole(): Expression {
    const expression = this.#expression();
    const token = this.#peek();
    if (token.kind !== 'end') throw new SyntaxProblem(`unexpected ${describe(token)}`, token.at);
    return expression;
  }

  #expression(): Expression {
    if (++this.#nesting > MAX_EXPRESSION_DEPTH) throw this.#tooDeep();
    const condition = this.#binary(1);
    let result = condition;
    if (this.#accept('?')) {
      const whenTrue = this.#binary(1);
      this.#expect(':');
      const whenFalse = this.#expression();
      const { at } = condition;
      result = this.#node({ kind: 'conditional', condition, whenTrue, whenFalse, at }, [
        condition,
        whenTrue,
        whenFalse,
      ]);
    }
    this.#nesting--;
    return result;
  }

  /** Operators that bind at least as tightly as `least`, all of which group to the left. */
  #binary(least: number): Expression {
    let left = this.#unary();
    for (;;) {
      const operator = this.#binaryOperator();
      const binding = operator === undefined ? 0 : (BINDING.get(operator) ?? 0);
      if (operator === undefined || binding < least) return left;
      if (operator === '&&' || operator === '||') {
        left = this.#logic(left, operator, binding);
        continue;
      }
      this.#position++;
      const right = this.#binary(binding + 1);
      const name = operator === 'in' ? '@in' : `_${operator}_`;
      left = this.#call(name, undefined, [left, right], left.at);
    }
  }

  #logic(first: Expression, operator: '&&' | '||', binding: number): Expression {
    const operands = [first];
    while (this.#accept(operator)) operands.push(this.#binary(binding + 1));
    return this.#node({ kind: 'logic', operator, operands, at: first.at }, operands);
  }

  #binaryOperator(): string | undefined {
    const token = this.#peek();
    if (token.kind === 'symbol') return BINDING.has(token.text) ? token.text : undefined;
    return token.kind === 'identifier' && token.text === 'in' ? 'in' : undefined;
  }

  #unary(): Expression {
    const token = this.#peek();
    if (token.kind !== 'symbol' || (token.text !== '-' && token.text !== '!')) return this.#member();
    this.#position++;
    const next = this.#peek();
    if (token.text === '-' && next.kind === 'literal' && typeof next.value === 'bigint') {
      this.#position++;
      return this.#suffixes({ kind: 'literal', value: -next.value, at: token.at });
    }
    if (token.text === '-' && next.kind === 'literal' && typeof next.value === 'number') {
      this.#position++;
      return this.#suffixes({ kind: 'literal', value: -next.value, at: token.at });
    }
    if (++this.#nesting > MAX_EXPRESSION_DEPTH) throw this.#tooDeep();
    const operand = this.#unary();
    this.#nesting--;
    return this.#call(token.text === '-' ? '-_' : '!_', undefined, [operand], token.at);
  }

  #member(): Expression {
    return this.#suffixes(this.#primary());
  }

  #suffixes(start: Expression): Expression {
    let operand = start;
    for (;;) {
      if (this.#accept('.')) operand = this.#selection(operand);
      else if (this.#accept('[')) {
        const optional = this.#accept('?');
        const index = this.#expression();
        this.#expect(']');
        operand = this.#node({ kind: 'index', operand, index, optional, at: operand.at }, [operand, index]);
      } else if (this.#sees('{') && isMessageName(operand)) operand = this.#message(operand);
      else return operand;
    }
  }

  #selection(operand: Expression): Expression {
    const optional = this.#accept('?');
    const token = this.#next();
    if (token.kind === 'quoted-identifier') {
      return this.#node({ kind: 'select', operand, field: token.text, optional, at: operand.at }, [operand]);
    }
    if (token.kind !== 'identifier' || KEYWORDS.has(token.text)) {
      throw new SyntaxProblem(`expected a field name, found ${describe(token)}`, token.at);
    }
    if (!optional && this.#accept('(')) return this.#call(token.text, operand, this.#arguments(), operand.at);
    return this.#node({ kind: 'select', operand, field: token.text, optional, at: operand.at }, [operand]);
  }

  #primary(): Expression {
    const token = this.#next();
    const { at } = token;
    if (token.kind === 'literal') return this.#literal(token.value, at);
    if (token.kind === 'identifier') return this.#identifier(token.text, at);
    if (token.kind === 'symbol') {
      if (token.text === '(') {
        const inner = this.#expression();
        this.#expect(')');
        return inner;
      }
      if (token.text === '[') return this.#list(at);
      if (token.text === '{') return this.#map(at);
      if (token.text === '.') {
        const name = this.#next();
        if (name.kind === 'identifier' && !KEYWORDS.has(name.text)) return this.#identifier(`.${name.text}`, at);
        throw new SyntaxProblem(`expected a name, found ${describe(name)}`, name.at);
      }
    }
    throw new SyntaxProblem(`expected an expression, found ${describe(token)}`, at);
  }

  #literal(value: Extract<Token, { kind: 'literal' }>['value'], at: number): Expression {
    if (typeof value === 'bigint' && value > MAX_INT) throw new SyntaxProblem('integer literal is out of range', at);
    return { kind: 'literal', value, at };
  }

  #identifier(name: string, at: number): Expression {
    if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true', at };
    if (name === 'null') return { kind: 'literal', value: null, at };
    if (name === 'in' || RESERVED_WORDS.has(name)) throw new SyntaxProblem(`'${name}' is a reserved word`, at);
    return this.#accept('(') ? this.#call(name, undefined, this.#arguments(), at) : { kind: 'identifier', name, at };
  }

  #arguments(): readonly Expression[] {
    const args: Expression[] = [];
    if (this.#accept(')')) return args;
    do args.push(this.#expression());
    while (this.#accept(','));
    this.#expect(')');
    return args;
  }

  #list(at: number): Expression {
    const elements: ListElement[] = [];
    while (!this.#accept(']')) {
      elements.push({ optional: this.#accept('?'), value: this.#expression() });
      if (!this.#sees(']')) this.#expect(',');
    }
    return this.#node(
      { kind: 'list', elements, at },
      elements.map(({ value }) => value),
    );
  }

  #map(at: number): Expression {
    const entries: MapEntry[] = [];
    while (!this.#accept('}')) {
      const optional = this.#accept('?');
      const key = this.#expression();
      this.#expect(':');
      entries.push({ optional, key, value: this.#expression() });
      if (!this.#sees('}')) this.#expect(',');
    }
    return this.#node(
      { kind: 'map', entries, at },
      entries.flatMap(({ key, value }) => [key, value]),
    );
  }

  #message(operand: Expression): Expression {
    const fields: MessageField[] = [];
    this.#expect('{');
    while (!this.#accept('}')) {
      const optional = this.#accept('?');
      const token = this.#next();
      const isName = token.kind === 'quoted-identifier' || (token.kind === 'identifier' && !KEYWORDS.has(token.text));
      if (!isName) throw new SyntaxProblem(`expected a field name, found ${describe(token)}`, token.at);
      this.#expect(':');
      fields.push({ optional, field: token.text, value: this.#expression() });
      if (!this.#sees('}')) this.#expect(',');
    }
    return this.#node(
      { kind: 'message', name: qualifiedName(operand) ?? '', fields, at: operand.at },
      fields.map(({ value }) => value),
    );
  }

  #call(name: string, target: Expression | undefined, args: readonly Expression[], at: number): Expression {
    const macro = this.#macros ? expandMacro(name, target, args, at) : undefined;
    const children = target === undefined ? args : [target, ...args];
    return this.#node(macro ?? { kind: 'call', name, target, args, at }, children);
  }

  /** Remembers how deep a node is. Long runs such as `a+a+…` are deep trees without any nesting in the text. */
  #node(node: Expression, children: readonly Expression[]): Expression {
    const depth = 1 + children.reduce((deepest, child) => Math.max(deepest, this.#depths.get(child) ?? 1), 0);
    if (depth > MAX_EXPRESSION_DEPTH) throw this.#tooDeep();
    this.#depths.set(node, depth);
    return node;
  }

  #tooDeep(): SyntaxProblem {
    return new SyntaxProblem(`the expression nests deeper than ${MAX_EXPRESSION_DEPTH} levels`, this.#peek().at);
  }

  #peek(): Token {
    return this.#tokens[this.#position] ?? { kind: 'end', at: 0 };
  }

  #next(): Token {
    const token = this.#peek();
    this.#position++;
    return token;
  }

  #sees(symbol: string): boolean {
    const token = this.#peek();
    return token.kind === 'symbol' && token.text === symbol;
  }

  #accept(symbol: string): boolean {
    const found = this.#sees(symbol);
    if (found) this.#position++;
    return found;
  }

  #expect(symbol: string): void {
    if (this.#accept(symbol)) return;
    const token = this.#peek();
    throw new SyntaxProblem(`expected '${symbol}', found ${describe(token)}`, token.at);
  }
}

function describe(token: Token): string {
  if (token.kind === 'end') return 'the end';
  return token.kind === 'literal' ? 'a literal' : `'${token.text}'`;
}

function isMessageName(expression: Expression): boolean {
  return qualifiedName(expression) !== undefined;
}

/** The dotted name that an expression may stand for, such as `google.protobuf.Timestamp`; undefined for all others. */
export function qualifiedName(expression: Expression): string | undefined {
  if (expression.kind === 'identifier') return expression.name;
  if (expression.kind !== 'select' || expression.optional) return undefined;
  const operand = qualifiedName(expression.operand);
  return operand === undefined ? undefined : `${operand}.${expression.field}`;
}
