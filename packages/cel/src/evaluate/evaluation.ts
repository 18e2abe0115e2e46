import type { Meaning } from '../check/checker.ts';
import type { Environment } from '../environment.ts';
import type { Result } from '../library/define.ts';
import type { Expression } from '../syntax/ast.ts';
import { fromJson, type Value } from '../value.ts';
import type { Meter } from './meter.ts';

/** Variables of the macros around a node, innermost first. A value may be an error that nobody has looked at yet. */
export interface Scope {
  readonly name: string;
  readonly value: Result;
  readonly outer: Scope | undefined;
}

export interface Evaluation {
  readonly environment: Environment;
  readonly meanings: ReadonlyMap<Expression, Meaning>;
  /** The value of a variable; undefined if it has none. Converted at the first use, for a loop may ask often. */
  readonly variable: (name: string) => Value | undefined;
  readonly meter: Meter;
}

/** Evaluates a node among the variables of a scope. */
export type EvaluateNode = (node: Expression, scope: Scope | undefined, how: Evaluation) => Result;

/** Reads variables from an activation of JSON, or of values of the language. */
export function variablesOf(activation: Readonly<Record<string, unknown>>): (name: string) => Value | undefined {
  const converted = new Map<string, Value>();
  return (name) => {
    const known = converted.get(name);
    if (known !== undefined || !Object.hasOwn(activation, name)) return known;
    const value = fromJson(activation[name]);
    converted.set(name, value);
    return value;
  };
}
