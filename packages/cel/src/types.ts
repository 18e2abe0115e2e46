import type { CelMap, Duration, Opaque, Optional, Timestamp, TypeValue, Uint, Value } from './value.ts';

/** What the checker knows about a value. */
export type Type =
  | { readonly kind: 'dyn' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'null' }
  | { readonly kind: 'timestamp' | 'duration' }
  | { readonly kind: 'list'; readonly element: Type }
  | { readonly kind: 'map'; readonly key: Type; readonly value: Type }
  | { readonly kind: 'optional'; readonly of: Type }
  | { readonly kind: 'type'; readonly of: Type }
  /** A type that a library or an environment declares; only the fields named here can be selected. */
  | { readonly kind: 'object'; readonly name: string; readonly fields: Readonly<Record<string, Type>> }
  /** A type parameter of an overload, or one still to be found out, such as the element type of `[]`. */
  | { readonly kind: 'parameter'; readonly name: string };

/** A type together with the JavaScript type of its values; the second exists for the compiler alone. */
export type Typed<V> = Type & { readonly phantom?: V };

export const DYN: Typed<Value> = { kind: 'dyn' };
export const BOOL: Typed<boolean> = { kind: 'bool' };
export const INT: Typed<bigint> = { kind: 'int' };
export const UINT: Typed<Uint> = { kind: 'uint' };
export const DOUBLE: Typed<number> = { kind: 'double' };
export const STRING: Typed<string> = { kind: 'string' };
export const BYTES: Typed<Uint8Array> = { kind: 'bytes' };
export const NULL: Typed<null> = { kind: 'null' };
export const TIMESTAMP: Typed<Timestamp> = { kind: 'timestamp' };
export const DURATION: Typed<Duration> = { kind: 'duration' };
export const A: Typed<Value> = { kind: 'parameter', name: 'A' };
export const B: Typed<Value> = { kind: 'parameter', name: 'B' };

export function listOf<V>(element: Typed<V>): Typed<readonly V[]> {
  return { kind: 'list', element };
}

export function mapOf(key: Type, value: Type): Typed<CelMap> {
  return { kind: 'map', key, value };
}

export function optionalOf(of: Type): Typed<Optional> {
  return { kind: 'optional', of };
}

export function typeType(of: Type): Typed<TypeValue> {
  return { kind: 'type', of };
}

export function objectType(name: string, fields: Readonly<Record<string, Type>> = {}): Typed<Opaque> {
  return { kind: 'object', name, fields };
}

const SCALAR_NAMES: ReadonlyMap<Type['kind'], string> = new Map([
  ['null', 'null_type'],
  ['timestamp', 'google.protobuf.Timestamp'],
  ['duration', 'google.protobuf.Duration'],
]);

/** A type as messages show it, such as `list(int)`. */
export function formatType(type: Type): string {
  if (type.kind === 'list') return `list(${formatType(type.element)})`;
  if (type.kind === 'map') return `map(${formatType(type.key)}, ${formatType(type.value)})`;
  if (type.kind === 'optional') return `optional_type(${formatType(type.of)})`;
  if (type.kind === 'type') return `type(${formatType(type.of)})`;
  return type.kind === 'parameter' ? type.name : typeName(type);
}

/** The name that `type(x)` compares by; element types are no part of it. */
export function typeName(type: Type): string {
  if (type.kind === 'optional') return 'optional_type';
  return type.kind === 'object' ? type.name : (SCALAR_NAMES.get(type.kind) ?? type.kind);
}
