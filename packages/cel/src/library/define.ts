import type { CelError } from '../error.ts';
import type { Meter } from '../evaluate/meter.ts';
import type { Type, Typed } from '../types.ts';
import type { Value } from '../value.ts';

export type Result = Value | CelError;

/** One signature of a function with what it does. The evaluator picks by the arguments' types, as the checker did. */
export interface Overload {
  /** Whether the first parameter is what stands before the dot. */
  readonly method: boolean;
  readonly parameters: readonly Type[];
  readonly result: Type;
  readonly run: (args: readonly Value[], meter: Meter) => Result;
}

export type FunctionTable = ReadonlyMap<string, readonly Overload[]>;

type ValuesOf<P extends readonly Type[]> = {
  readonly [I in keyof P]: P[I] extends Typed<infer V> ? (unknown extends V ? Value : V) : Value;
};

/** A function called as `name(a, b)`. */
export function free<const P extends readonly Type[]>(
  parameters: P,
  result: Type,
  run: (args: ValuesOf<P>, meter: Meter) => Result,
): Overload {
  return define(false, parameters, result, run);
}

/** A function called as `a.name(b)`. */
export function method<const P extends readonly Type[]>(
  parameters: P,
  result: Type,
  run: (args: ValuesOf<P>, meter: Meter) => Result,
): Overload {
  return define(true, parameters, result, run);
}

function define<const P extends readonly Type[]>(
  isMethod: boolean,
  parameters: P,
  result: Type,
  run: (args: ValuesOf<P>, meter: Meter) => Result,
): Overload {
  // The evaluator calls `run` only with values that it has matched against `parameters`.
  return { method: isMethod, parameters, result, run: (args, meter) => run(args as ValuesOf<P>, meter) };
}

/** Joins libraries into one table; overloads of the same function add up. */
export function joinTables(...tables: readonly Readonly<Record<string, readonly Overload[]>>[]): FunctionTable {
  const joined = new Map<string, readonly Overload[]>();
  for (const table of tables) {
    for (const [name, overloads] of Object.entries(table)) {
      joined.set(name, [...(joined.get(name) ?? []), ...overloads]);
    }
  }
  return joined;
}
