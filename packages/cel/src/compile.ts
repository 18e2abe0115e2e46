import { check, type Meaning } from './check/checker.ts';
import type { Environment } from './environment.ts';
import { CelError, EvaluationStopped, locate, SyntaxProblem, type SourceProblem } from './error.ts';
import { evaluateNode } from './evaluate/evaluator.ts';
import { variablesOf } from './evaluate/evaluation.ts';
import { Meter, type Authorize } from './evaluate/meter.ts';
import { DEFAULT_COST_LIMIT } from './limits.ts';
import { parse } from './syntax/parser.ts';
import type { Expression } from './syntax/ast.ts';
import type { Type } from './types.ts';
import type { Value } from './value.ts';

/** An expression that has passed the checker, ready to be evaluated any number of times. */
export interface Program {
  readonly expression: Expression;
  readonly type: Type;
  readonly environment: Environment;
  readonly meanings: ReadonlyMap<Expression, Meaning>;
}

export type Compiled =
  | ({ readonly ok: true } & Program)
  | { readonly ok: false; readonly errors: readonly SourceProblem[] };

/** Parses and checks an expression. All mistakes that the checker finds are reported, but only the first of the parser. */
export function compile(source: string, environment: Environment): Compiled {
  let expression: Expression;
  try {
    expression = parse(source, { macros: environment.macros });
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return { ok: false, errors: [locate(source, error.offset, error.message)] };
  }
  const { type, meanings, problems } = check(expression, environment);
  return problems.length > 0
    ? { ok: false, errors: problems.map(({ at, message }) => locate(source, at, message)) }
    : { ok: true, expression, type, environment, meanings };
}

export interface EvaluateOptions {
  /** Units an evaluation may cost; 1,000,000 by default. */
  readonly costLimit?: number;
  /** Answers for the variable `authorizer`; without it such expressions fail with `unavailable`. */
  readonly authorize?: Authorize;
}

/**
 * Evaluates a program. The activation gives variables their values, as JSON or as values of the language; nothing in it
 * is changed or kept. Never throws: an evaluation without a value answers a CelError.
 */
export function evaluate(
  program: Program,
  activation: Readonly<Record<string, unknown>> = {},
  options: EvaluateOptions = {},
): Value | CelError {
  const meter = new Meter(options.costLimit ?? DEFAULT_COST_LIMIT, options.authorize);
  const { environment, meanings, expression } = program;
  try {
    return evaluateNode(expression, undefined, { environment, meanings, variable: variablesOf(activation), meter });
  } catch (error) {
    if (error instanceof EvaluationStopped) return error.reason;
    throw error;
  }
}
