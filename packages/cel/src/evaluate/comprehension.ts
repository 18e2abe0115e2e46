import { CelError } from '../error.ts';
import type { Result } from '../library/define.ts';
import { isList } from '../library/equality.ts';
import type { Comprehension, Expression } from '../syntax/ast.ts';
import { CelMap, type Value } from '../value.ts';
import type { EvaluateNode, Evaluation, Scope } from './evaluation.ts';

const NOT_BOOL = new CelError('no-such-overload', 'the predicate of a macro is not a bool');

interface Loop {
  readonly node: Comprehension;
  readonly steps: Iterable<Step>;
  readonly evaluate: (node: Expression, scope: Scope) => Result;
}

interface Step {
  readonly key: Value;
  readonly value: Value;
  readonly scope: Scope;
}

/** Runs a macro over a list, or over the keys of a map. */
export function comprehend(
  node: Comprehension,
  scope: Scope | undefined,
  how: Evaluation,
  evaluateNode: EvaluateNode,
): Result {
  const range = evaluateNode(node.range, scope, how);
  if (range instanceof CelError) return range;
  const steps = stepsOf(range, node, scope, how);
  if (steps === undefined) return new CelError('no-such-overload', "this value can't be the range of a macro");
  const evaluate = (inner: Expression, among: Scope): Result => evaluateNode(inner, among, how);
  const loop = { node, steps, evaluate };
  switch (node.macro) {
    case 'all':
    case 'exists':
      return quantify(loop);
    case 'exists_one':
      return countOne(loop);
    case 'filter':
      return collect(loop, node.body, (step) => step.scope.value);
    case 'map':
    case 'transformList':
      return collect(loop, node.where, ({ scope: inner }) => evaluate(node.body, inner));
    case 'transformMap':
    case 'transformMapEntry':
      return transform(loop);
  }
}

function stepsOf(
  range: Value,
  { variables: [first, second] }: Comprehension,
  outer: Scope | undefined,
  how: Evaluation,
): Iterable<Step> | undefined {
  const bind = (key: Value, value: Value, single: Value): Step => {
    how.meter.charge(1);
    const scope =
      second === undefined
        ? { name: first, value: single, outer }
        : { name: second, value, outer: { name: first, value: key, outer } };
    return { key, value, scope };
  };
  if (isList(range)) return range.values().map((value, index) => bind(BigInt(index), value, value));
  if (!(range instanceof CelMap)) return undefined;
  return range
    .keys()
    .values()
    .map((key) => bind(key, range.get(key) ?? null, key));
}

/** `all` and `exists` are long forms of `&&` and `||`, and absorb errors as those do. */
function quantify({ node: { macro, body }, steps, evaluate }: Loop): Result {
  const deciding = macro === 'exists';
  let failure: CelError | undefined;
  for (const { scope } of steps) {
    const value = evaluate(body, scope);
    if (value === deciding) return deciding;
    if (typeof value !== 'boolean') failure ??= value instanceof CelError ? value : NOT_BOOL;
  }
  return failure ?? !deciding;
}

function countOne({ node: { body }, steps, evaluate }: Loop): Result {
  let count = 0;
  for (const { scope } of steps) {
    const value = evaluate(body, scope);
    if (value instanceof CelError) return value;
    if (typeof value !== 'boolean') return NOT_BOOL;
    count += Number(value);
  }
  return count === 1;
}

function collect({ steps, evaluate }: Loop, where: Comprehension['where'], pick: (step: Step) => Result): Result {
  const collected: Value[] = [];
  for (const step of steps) {
    const wanted = where === undefined ? true : evaluate(where, step.scope);
    if (wanted instanceof CelError) return wanted;
    if (typeof wanted !== 'boolean') return NOT_BOOL;
    if (!wanted) continue;
    const value = pick(step);
    if (value instanceof CelError) return value;
    collected.push(value);
  }
  return collected;
}

function transform({ node: { macro, where, body }, steps, evaluate }: Loop): Result {
  const entries: (readonly [Value, Value])[] = [];
  for (const step of steps) {
    const wanted = where === undefined ? true : evaluate(where, step.scope);
    if (wanted instanceof CelError) return wanted;
    if (typeof wanted !== 'boolean') return NOT_BOOL;
    if (!wanted) continue;
    const value = evaluate(body, step.scope);
    if (value instanceof CelError) return value;
    if (macro === 'transformMap') entries.push([step.key, value]);
    else if (!(value instanceof CelMap)) return new CelError('no-such-overload', 'an entry must be a map');
    else for (const key of value.keys()) entries.push([key, value.get(key) ?? null]);
  }
  return CelMap.of(entries) ?? new CelError('invalid-argument', 'a key repeats');
}
