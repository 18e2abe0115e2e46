import { SyntaxProblem } from '../error.ts';
import type { Expression, Macro } from './ast.ts';

/** Names the macros know under another name as well. */
const ALIASES: ReadonlyMap<string, Macro> = new Map([['existsOne', 'exists_one']]);

/** How many arguments a macro takes with one variable and with two. A macro with one more argument has a filter. */
const ARGUMENTS: Readonly<Record<Macro, { readonly one: readonly number[]; readonly two: readonly number[] }>> = {
  all: { one: [2], two: [3] },
  exists: { one: [2], two: [3] },
  exists_one: { one: [2], two: [3] },
  map: { one: [2, 3], two: [] },
  filter: { one: [2], two: [] },
  transformList: { one: [], two: [3, 4] },
  transformMap: { one: [], two: [3, 4] },
  transformMapEntry: { one: [], two: [3, 4] },
};

/** The node a macro call stands for; undefined if it is an ordinary call. Throws if a macro's arguments are no names. */
export function expandMacro(
  name: string,
  target: Expression | undefined,
  args: readonly Expression[],
  at: number,
): Expression | undefined {
  if (target === undefined) return name === 'has' && args.length === 1 ? expandHas(args[0], at) : undefined;
  if (name === 'bind' && target.kind === 'identifier' && target.name === 'cel') return expandBind(args, at);
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2) return expandOptional(name, target, args, at);
  const macro = ALIASES.get(name) ?? (isMacro(name) ? name : undefined);
  return macro === undefined ? undefined : expandComprehension(macro, target, args, at);
}

function isMacro(name: string): name is Macro {
  return Object.hasOwn(ARGUMENTS, name);
}

function expandHas(argument: Expression | undefined, at: number): Expression {
  if (argument?.kind !== 'select' || argument.optional) {
    throw new SyntaxProblem('has() takes a field selection, as in has(a.b)', argument?.at ?? at);
  }
  return { kind: 'has', operand: argument.operand, field: argument.field, at };
}

function expandBind(args: readonly Expression[], at: number): Expression | undefined {
  const [name, value, body] = args;
  if (args.length !== 3 || name === undefined || value === undefined || body === undefined) return undefined;
  return { kind: 'bind', name: variableName(name), value, body, at };
}

function expandOptional(
  macro: 'optMap' | 'optFlatMap',
  operand: Expression,
  args: readonly Expression[],
  at: number,
): Expression | undefined {
  const [name, body] = args;
  if (name === undefined || body === undefined) return undefined;
  return { kind: 'optional-map', macro, operand, name: variableName(name), body, at };
}

function expandComprehension(
  macro: Macro,
  range: Expression,
  args: readonly Expression[],
  at: number,
): Expression | undefined {
  const { one, two } = ARGUMENTS[macro];
  const [first, second] = args;
  const body = args.at(-1);
  if (first === undefined || second === undefined || body === undefined) return undefined;
  const base = { kind: 'comprehension', macro, range, body, at } as const;
  if (one.includes(args.length)) {
    const where = args.length > 2 ? second : undefined;
    return { ...base, variables: [variableName(first)], where };
  }
  if (!two.includes(args.length)) return undefined;
  const variables = [variableName(first), variableName(second)] as const;
  if (variables[0] === variables[1]) throw new SyntaxProblem('the two variables need two names', second.at);
  return { ...base, variables, where: args.length > 3 ? args[2] : undefined };
}

function variableName(expression: Expression): string {
  if (expression.kind === 'identifier' && !expression.name.startsWith('.')) return expression.name;
  throw new SyntaxProblem('a variable of a macro must be a simple name', expression.at);
}
