import { Uint, type Value } from '../value.ts';
import type { Comprehension, Expression } from './ast.ts';

/** The source text of an expression; parsing it gives the same tree. Parentheses stand wherever one might wonder. */
export function print(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return printLiteral(expression.value);
    case 'identifier':
      return expression.name;
    case 'select':
      return `${operand(expression.operand)}.${expression.optional ? '?' : ''}${fieldName(expression.field)}`;
    case 'has':
      return `has(${operand(expression.operand)}.${fieldName(expression.field)})`;
    case 'index':
      return `${operand(expression.operand)}[${expression.optional ? '?' : ''}${print(expression.index)}]`;
    case 'call':
      return printCall(expression.name, expression.target, expression.args);
    case 'logic':
      return expression.operands.map(operand).join(` ${expression.operator} `);
    case 'conditional':
      return `${operand(expression.condition)} ? ${operand(expression.whenTrue)} : ${operand(expression.whenFalse)}`;
    case 'list':
      return `[${expression.elements.map(({ optional, value }) => mark(optional) + print(value)).join(', ')}]`;
    case 'map':
      return `{${expression.entries.map((entry) => `${mark(entry.optional)}${print(entry.key)}: ${print(entry.value)}`).join(', ')}}`;
    case 'message':
      return `${expression.name}{${expression.fields.map((field) => `${mark(field.optional)}${fieldName(field.field)}: ${print(field.value)}`).join(', ')}}`;
    case 'bind':
      return `cel.bind(${expression.name}, ${print(expression.value)}, ${print(expression.body)})`;
    case 'optional-map':
      return `${operand(expression.operand)}.${expression.macro}(${expression.name}, ${print(expression.body)})`;
    case 'comprehension':
      return printComprehension(expression);
  }
}

function printComprehension({ range, macro, variables, where, body }: Comprehension): string {
  const args = [...variables, ...(where === undefined ? [] : [print(where)]), print(body)];
  return `${operand(range)}.${macro}(${args.join(', ')})`;
}

function mark(optional: boolean): string {
  return optional ? '?' : '';
}

function fieldName(field: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(field) && !['true', 'false', 'null', 'in'].includes(field)
    ? field
    : `\`${field}\``;
}

function printCall(name: string, target: Expression | undefined, args: readonly Expression[]): string {
  const [left, right] = args;
  const binary = name === '@in' ? 'in' : /^_([^A-Za-z0-9_]+)_$/.exec(name)?.[1];
  if (binary !== undefined && left !== undefined && right !== undefined) {
    return `${operand(left)} ${binary} ${operand(right)}`;
  }
  if ((name === '-_' || name === '!_') && left !== undefined) {
    // A minus before a number would become part of it.
    return left.kind === 'literal' ? `${name[0]}(${print(left)})` : `${name[0]}${operand(left)}`;
  }
  const list = `(${args.map(print).join(', ')})`;
  return target === undefined ? name + list : `${operand(target)}.${name}${list}`;
}

/** An expression in a place that binds more tightly than any operator. */
function operand(expression: Expression): string {
  const text = print(expression);
  const isOperator = expression.kind === 'call' && /^[-!_@]/.test(expression.name) && expression.target === undefined;
  const isLoose = isOperator || expression.kind === 'logic' || expression.kind === 'conditional';
  return isLoose || expression.kind === 'literal' ? `(${text})` : text;
}

function printLiteral(value: Value): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return printDouble(value);
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Uint8Array) {
    return `b"${[...value].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
  }
  return typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : 'null';
}

/** A string as a literal of the language. */
export function quote(text: string): string {
  return `"${Array.from(text, (char) => ESCAPES.get(char) ?? char).join('')}"`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['"', '\\"'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\v', '\\v'],
]);

function printDouble(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : Object.is(value, -0) ? '-0.0' : `${text}.0`;
}
