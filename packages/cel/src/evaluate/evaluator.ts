import { CelError } from '../error.ts';
import type { Result } from '../library/define.ts';
import type { Call, Expression } from '../syntax/ast.ts';
import { CelMap, Optional, type Value } from '../value.ts';
import { accepts, textLength } from './accept.ts';
import { comprehend } from './comprehension.ts';
import type { Evaluation, Scope } from './evaluation.ts';
import { NO_FIELD, readField, readIndex } from './read.ts';

const NOT_BOOL = new CelError('no-such-overload', 'expected a bool');

/** Evaluates a node. Errors are values; only EvaluationStopped is thrown. */
export function evaluateNode(node: Expression, scope: Scope | undefined, how: Evaluation): Result {
  how.meter.charge(1);
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'identifier':
      return readVariable(node, node.name, scope, how);
    case 'select':
      return select(node, scope, how);
    case 'has': {
      const operand = evaluateNode(node.operand, scope, how);
      if (operand instanceof CelError) return operand;
      const field = readField(operand, node.field);
      if (field instanceof Optional && operand instanceof Optional) return field.value !== undefined;
      return field === NO_FIELD ? false : field instanceof CelError ? field : true;
    }
    case 'index':
      return index(node, scope, how);
    case 'call':
      return call(node, scope, how);
    case 'logic':
      return logic(node, scope, how);
    case 'conditional': {
      const condition = evaluateNode(node.condition, scope, how);
      if (condition instanceof CelError) return condition;
      if (typeof condition !== 'boolean') return NOT_BOOL;
      return evaluateNode(condition ? node.whenTrue : node.whenFalse, scope, how);
    }
    case 'list':
      return makeList(node, scope, how);
    case 'map':
      return makeMap(node, scope, how);
    case 'message':
      return new CelError('no-such-overload', 'message types are not known');
    case 'bind': {
      const value = evaluateNode(node.value, scope, how);
      return evaluateNode(node.body, { name: node.name, value, outer: scope }, how);
    }
    case 'optional-map': {
      const operand = evaluateNode(node.operand, scope, how);
      if (operand instanceof CelError) return operand;
      if (!(operand instanceof Optional)) return new CelError('no-such-overload', 'expected an optional');
      if (operand.value === undefined) return Optional.NONE;
      const body = evaluateNode(node.body, { name: node.name, value: operand.value, outer: scope }, how);
      return body instanceof CelError || node.macro === 'optFlatMap' ? body : new Optional(body);
    }
    case 'comprehension':
      return comprehend(node, scope, how, evaluateNode);
  }
}

function readVariable(node: Expression, name: string, scope: Scope | undefined, how: Evaluation): Result {
  for (let inner = scope; inner !== undefined; inner = inner.outer) if (inner.name === name) return inner.value;
  const meaning = how.meanings.get(node);
  if (meaning?.kind === 'type') return meaning.value;
  return readActivation(meaning?.name ?? name, how);
}

function readActivation(name: string, { variable }: Evaluation): Result {
  const value = variable(name);
  return value === undefined ? new CelError('no-such-field', `the variable '${name}' has no value`) : value;
}

function select(node: Extract<Expression, { kind: 'select' }>, scope: Scope | undefined, how: Evaluation): Result {
  const meaning = how.meanings.get(node);
  if (meaning?.kind === 'type') return meaning.value;
  if (meaning?.kind === 'variable') return readActivation(meaning.name, how);
  const operand = evaluateNode(node.operand, scope, how);
  if (operand instanceof CelError) return operand;
  return optionally(node.optional, operand, readField(operand, node.field));
}

function index(node: Extract<Expression, { kind: 'index' }>, scope: Scope | undefined, how: Evaluation): Result {
  const operand = evaluateNode(node.operand, scope, how);
  if (operand instanceof CelError) return operand;
  const key = evaluateNode(node.index, scope, how);
  return key instanceof CelError ? key : optionally(node.optional, operand, readIndex(operand, key));
}

/** What `.?` and `[?` make of a read: nothing found is an empty optional, and reading an optional gives one anyway. */
function optionally(optional: boolean, operand: Value, read: Result): Result {
  if (!optional || operand instanceof Optional) return read;
  if (!(read instanceof CelError)) return new Optional(read);
  return read.code === 'no-such-field' || read.code === 'out-of-range' ? Optional.NONE : read;
}

function call(node: Call, scope: Scope | undefined, how: Evaluation): Result {
  const meaning = how.meanings.get(node);
  const isFree = meaning?.kind === 'function';
  const operands = isFree || node.target === undefined ? node.args : [node.target, ...node.args];
  const args: Value[] = [];
  let text = 0;
  for (const operand of operands) {
    const value = evaluateNode(operand, scope, how);
    if (value instanceof CelError) return value;
    args.push(value);
    text += textLength(value);
    // What stands in for a missing value is not looked at when there is one.
    if (value instanceof Optional && value.value !== undefined && args.length === 1 && !isFree) {
      if (node.name === 'orValue') return value.value;
      if (node.name === 'or') return value;
    }
  }
  if (text > 0) how.meter.chargeText(text);
  const isMethod = !isFree && node.target !== undefined;
  return dispatch(isFree ? meaning.name : node.name, isMethod, args, how);
}

function dispatch(name: string, isMethod: boolean, args: readonly Value[], how: Evaluation): Result {
  const overload = how.environment.functions
    .get(name)
    ?.find(
      ({ method, parameters }) =>
        method === isMethod &&
        parameters.length === args.length &&
        parameters.every((type, position) => accepts(type, args[position] ?? null)),
    );
  return overload === undefined
    ? new CelError('no-such-overload', `no overload of '${name}' takes these arguments`)
    : overload.run(args, how.meter);
}

/** `&&` and `||`: one operand that decides is enough, wherever it stands and whatever became of the others. */
function logic(node: Extract<Expression, { kind: 'logic' }>, scope: Scope | undefined, how: Evaluation): Result {
  const deciding = node.operator === '||';
  let failure: CelError | undefined;
  for (const operand of node.operands) {
    const value = evaluateNode(operand, scope, how);
    if (value === deciding) return deciding;
    if (typeof value !== 'boolean') failure ??= value instanceof CelError ? value : NOT_BOOL;
  }
  return failure ?? !deciding;
}

function makeList(node: Extract<Expression, { kind: 'list' }>, scope: Scope | undefined, how: Evaluation): Result {
  const elements: Value[] = [];
  for (const { value, optional } of node.elements) {
    const element = evaluateNode(value, scope, how);
    if (element instanceof CelError) return element;
    if (!optional) elements.push(element);
    else if (!(element instanceof Optional)) return new CelError('no-such-overload', 'expected an optional after ?');
    else if (element.value !== undefined) elements.push(element.value);
  }
  return elements;
}

function makeMap(node: Extract<Expression, { kind: 'map' }>, scope: Scope | undefined, how: Evaluation): Result {
  const entries: (readonly [Value, Value])[] = [];
  for (const { key: keyNode, value: valueNode, optional } of node.entries) {
    const key = evaluateNode(keyNode, scope, how);
    if (key instanceof CelError) return key;
    const value = evaluateNode(valueNode, scope, how);
    if (value instanceof CelError) return value;
    if (!optional) entries.push([key, value]);
    else if (!(value instanceof Optional)) return new CelError('no-such-overload', 'expected an optional after ?');
    else if (value.value !== undefined) entries.push([key, value.value]);
  }
  return CelMap.of(entries) ?? new CelError('invalid-argument', 'a key repeats or has a type that no key may have');
}
