import {
  AUTHORIZER_VALUE,
  CelError,
  compile,
  evaluate,
  MATCH_CONDITIONS,
  type Authorize,
  type Program,
} from '@ostiary/cel';
import type { MatchCondition } from '../policies/policy.ts';

/** `failed` when no condition is false and one has no answer; what that means is the failure policy's business. */
export type ConditionsResult =
  | { readonly type: 'match' }
  | { readonly type: 'mismatch' }
  | { readonly type: 'failed'; readonly message: string };

export interface Conditions {
  /** Evaluates all conditions over a request, its object included. Never throws. */
  readonly test: (request: ConditionInput, authorize?: Authorize) => ConditionsResult;
}

/** What the expressions see as `object` and `request`; `oldObject` is null, since all requests are creations. */
export interface ConditionInput {
  readonly object: unknown;
  readonly request: Readonly<Record<string, unknown>>;
}

const MATCH: ConditionsResult = { type: 'match' };

/** One that does not compile fails for every object: the API server would not have taken it. */
export function compileConditions(conditions: readonly MatchCondition[]): Conditions {
  const programs = conditions.map(({ name, expression }) => ({ name, program: compileOne(expression) }));
  return {
    test: ({ object, request }, authorize) => {
      let failed: ConditionsResult | undefined;
      const activation = { object, oldObject: null, request, authorizer: AUTHORIZER_VALUE };
      for (const { name, program } of programs) {
        const value = program instanceof Error ? program : run(program, activation, authorize);
        if (value === false) return { type: 'mismatch' };
        if (value !== true) failed ??= { type: 'failed', message: `match condition ${name}: ${reasonOf(value)}` };
      }
      return failed ?? MATCH;
    },
  };
}

function compileOne(expression: string): Program | Error {
  const compiled = compile(expression, MATCH_CONDITIONS);
  if (compiled.ok) return compiled;
  return new Error(compiled.errors.map(({ line, column, message }) => `${line}:${column}: ${message}`).join('; '));
}

function run(program: Program, activation: Readonly<Record<string, unknown>>, authorize?: Authorize): unknown {
  return evaluate(program, activation, authorize === undefined ? {} : { authorize });
}

function reasonOf(value: unknown): string {
  if (value instanceof CelError || value instanceof Error) return value.message;
  return 'the expression has a value that is not a bool';
}
