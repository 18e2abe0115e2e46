import { tests } from '@bufbuild/cel-spec/testdata/conformance.js';
import { check } from '../check/checker.ts';
import { compile } from '../compile.ts';
import { STANDARD, withVariables, type Environment } from '../environment.ts';
import { CelError, EvaluationStopped, SyntaxProblem } from '../error.ts';
import { variablesOf } from '../evaluate/evaluation.ts';
import { evaluateNode } from '../evaluate/evaluator.ts';
import { Meter } from '../evaluate/meter.ts';
import type { Result } from '../library/define.ts';
import { equals } from '../library/equality.ts';
import { DEFAULT_COST_LIMIT } from '../limits.ts';
import { parse } from '../syntax/parser.ts';
import { formatType } from '../types.ts';
import { readBindings, readDeclarations, readType, readValue, Unsupported, type RawTest } from './raw.ts';

/** How one test of the language's conformance suite went. */
export interface Outcome {
  readonly name: string;
  readonly failure: string | undefined;
}

interface RawSuite {
  readonly name: string;
  readonly suites?: readonly RawSuite[];
  readonly tests?: readonly { readonly original: unknown; readonly type?: string }[];
}

/** Runs every test of the suite; names are `file/section/test`. */
export function runConformance(): readonly Outcome[] {
  return walk(tests, '');
}

function walk(suite: RawSuite, path: string): readonly Outcome[] {
  const inner = (suite.suites ?? []).flatMap((child) =>
    walk(child, path === '' ? child.name : `${path}/${child.name}`),
  );
  const own = (suite.tests ?? []).map(({ original }) => {
    const test = original as RawTest;
    return { name: `${path}/${test.name ?? test.expr}`, failure: runSafely(test) };
  });
  return [...inner, ...own];
}

function runSafely(test: RawTest): string | undefined {
  try {
    return runTest(test);
  } catch (error) {
    if (error instanceof Unsupported) return `unsupported: ${error.message}`;
    return error instanceof Error ? `threw ${error.name}: ${error.message}` : 'threw';
  }
}

function runTest(test: RawTest): string | undefined {
  const environment = withVariables(STANDARD, readDeclarations(test));
  const meter = new Meter(DEFAULT_COST_LIMIT, undefined);
  const wantsError = test.evalError !== undefined || test.anyEvalErrors !== undefined;
  if (test.disableCheck !== true) {
    const compiled = compile(test.expr, environment);
    if (!compiled.ok) {
      const message = compiled.errors[0]?.message ?? '';
      // An error that is wanted must not be the one that everything with messages has.
      const isExpected = wantsError && !message.startsWith('undeclared type');
      return isExpected ? undefined : `does not compile: ${message}`;
    }
    const deduced = test.typedResult?.deducedType;
    const wanted = deduced === undefined ? undefined : formatType(readType(deduced));
    if (wanted !== undefined && formatType(compiled.type) !== wanted) {
      return `the type is ${formatType(compiled.type)}, not ${wanted}`;
    }
  }
  if (test.checkOnly === true) return undefined;
  const result = run(test, environment, meter);
  if (wantsError) return result instanceof CelError ? undefined : 'expected an error';
  if (result instanceof CelError) return `error: ${result.message}`;
  const expected = test.typedResult?.result ?? test.value;
  const wanted = expected === undefined ? true : readValue(expected);
  const isNan = Number.isNaN(wanted) && Number.isNaN(result);
  return isNan || equals(wanted, result, meter) ? undefined : 'another value';
}

function run(test: RawTest, environment: Environment, meter: Meter): Result {
  try {
    const expression = parse(test.expr);
    const { meanings } = check(expression, environment);
    return evaluateNode(expression, undefined, {
      environment,
      meanings,
      variable: variablesOf(readBindings(test)),
      meter,
    });
  } catch (error) {
    if (error instanceof SyntaxProblem) return new CelError('invalid-argument', error.message);
    if (error instanceof EvaluationStopped) return error.reason;
    throw error;
  }
}
