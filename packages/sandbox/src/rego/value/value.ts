/**
 * A Rego value as builtins see it. Numbers keep their text, because Rego's have any precision; sets and objects are
 * sorted by Rego's order and hold nothing twice, so that two equal values have the same shape.
 */
export type Value = null | boolean | string | RegoNumber | readonly Value[] | RegoSet | RegoObject;

export interface RegoNumber {
  readonly kind: 'number';
  /** A JSON number. */
  readonly text: string;
}

export interface RegoSet {
  readonly kind: 'set';
  readonly members: readonly Value[];
}

export type Entry = readonly [key: Value, value: Value];

export interface RegoObject {
  readonly kind: 'object';
  readonly entries: readonly Entry[];
}

export type TypeName = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' | 'set';

export function typeOf(value: Value): TypeName {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'string';
  return isArray(value) ? 'array' : value.kind;
}

/** `Array.isArray` does not narrow a readonly array. */
export function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObject(value: Value): value is RegoObject {
  return typeOf(value) === 'object';
}

export function isSet(value: Value): value is RegoSet {
  return typeOf(value) === 'set';
}

/** A number from a JavaScript integer or a bigint. */
export function number(value: number | bigint): RegoNumber {
  return { kind: 'number', text: String(value) };
}

/** A number from the text of a JSON number. */
export function numberText(text: string): RegoNumber {
  return { kind: 'number', text };
}
