import { unsigned, vector, type Bytes } from './bytes.ts';

/** A value type by its name in the text format; `ref?NAME` is a nullable reference to the type of that name. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'funcref' | 'externref' | `ref?${string}`;

const VALUE_TYPES: Readonly<Record<string, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  funcref: 0x70,
  externref: 0x6f,
};

export interface Signature {
  readonly params?: readonly ValueType[];
  readonly results?: readonly ValueType[];
}

/** A type that is not a signature: mutable fields of a struct, or the mutable element of an array. */
export type Composite = { readonly struct: readonly ValueType[] } | { readonly array: ValueType };
export type TypeText = Signature | Composite;

export function encodeValueType(type: ValueType, typeNames: readonly string[]): Bytes {
  const known = VALUE_TYPES[type];
  if (known !== undefined) return [known];
  const index = typeNames.indexOf(type.replace('ref?', ''));
  if (index === -1) throw new Error(`unknown value type ${type}`);
  return [0x63, ...unsigned(index)];
}

export function encodeType(type: TypeText, typeNames: readonly string[]): Bytes {
  const value = (each: ValueType): Bytes => encodeValueType(each, typeNames);
  const field = (each: ValueType): Bytes => [...value(each), 1];
  if ('struct' in type) return [0x5f, ...vector(type.struct.map(field))];
  if ('array' in type) return [0x5e, ...field(type.array)];
  return [0x60, ...vector((type.params ?? []).map(value)), ...vector((type.results ?? []).map(value))];
}

/** Pages of 64 KiB for memories, elements for tables. */
export interface LimitsText {
  readonly min: number;
  readonly max?: number;
  readonly shared?: boolean;
  /** Addresses are i64. */
  readonly wide?: boolean;
}

export function encodeLimits({ min, max, shared = false, wide = false }: LimitsText): Bytes {
  const flags = (max === undefined ? 0 : 1) | (shared ? 2 : 0) | (wide ? 4 : 0);
  return [flags, ...unsigned(min), ...(max === undefined ? [] : unsigned(max))];
}
