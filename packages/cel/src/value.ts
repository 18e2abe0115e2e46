import { A, B, BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, NULL, optionalOf, STRING } from './types.ts';
import { TIMESTAMP, UINT, typeType, type Type } from './types.ts';

/**
 * A value of the language. Integers are BigInt, so that a JavaScript number is always a double and nothing is rounded
 * behind the author's back.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | TypeValue
  | Optional
  | Opaque
  | CelMap
  | readonly Value[];

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** A point in time, in nanoseconds since 1970-01-01T00:00:00Z. */
export class Timestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A signed span of time in nanoseconds. */
export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class Optional {
  static readonly NONE = new Optional(undefined);
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** A value of a library's own type. `text` is its canonical form, by which two of them are equal. */
export class Opaque {
  readonly type: Type;
  readonly text: string;
  readonly data: unknown;
  constructor(type: Type, text: string, data: unknown) {
    this.type = type;
    this.text = text;
    this.data = data;
  }
}

type CanonicalKey = string | bigint | boolean;

/** A map: either entries with keys of any scalar type, or a view of a JSON object that converts members when asked. */
export class CelMap {
  readonly #entries: ReadonlyMap<CanonicalKey, readonly [Value, Value]>;
  readonly #json: Readonly<Record<string, unknown>> | undefined;
  readonly #converted = new Map<string, Value>();
  #keys: readonly Value[] | undefined;

  private constructor(
    entries: ReadonlyMap<CanonicalKey, readonly [Value, Value]>,
    json: Readonly<Record<string, unknown>> | undefined,
  ) {
    this.#entries = entries;
    this.#json = json;
  }

  /** Undefined if a key repeats, or has a type that no key may have. */
  static of(entries: Iterable<readonly [Value, Value]>): CelMap | undefined {
    const byKey = new Map<CanonicalKey, readonly [Value, Value]>();
    for (const entry of entries) {
      const key = typeof entry[0] === 'number' ? undefined : canonicalKey(entry[0]);
      if (key === undefined || byKey.has(key)) return undefined;
      byKey.set(key, entry);
    }
    return new CelMap(byKey, undefined);
  }

  static view(json: Readonly<Record<string, unknown>>): CelMap {
    return new CelMap(new Map(), json);
  }

  get size(): number {
    return this.keys().length;
  }

  get(key: Value): Value | undefined {
    if (this.#json !== undefined) return typeof key === 'string' ? this.#member(this.#json, key) : undefined;
    const canonical = canonicalKey(key);
    return canonical === undefined ? undefined : this.#entries.get(canonical)?.[1];
  }

  keys(): readonly Value[] {
    // Kept, because an expression may ask for it in every round of a loop.
    this.#keys ??= this.#json === undefined ? [...this.#entries.values()].map(([key]) => key) : Object.keys(this.#json);
    return this.#keys;
  }

  #member(json: Readonly<Record<string, unknown>>, key: string): Value | undefined {
    // Own members alone: `constructor` in an object from a request is not JavaScript's.
    if (!Object.hasOwn(json, key)) return undefined;
    const known = this.#converted.get(key);
    if (known !== undefined) return known;
    const value = fromJson(json[key]);
    this.#converted.set(key, value);
    return value;
  }
}

/** The key under which a map finds a value: 1, 1u and 1.0 are the same key. Undefined for what can't be one. */
function canonicalKey(key: Value): CanonicalKey | undefined {
  if (typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean') return key;
  if (key instanceof Uint) return key.value;
  return typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : undefined;
}

/** Arrays in arrays deeper than this are refused; Kubernetes objects nest a few dozen levels. */
const JSON_ARRAY_DEPTH = 100;

/**
 * A JSON value as the language sees it. Whole numbers become int, as they do in the API server; others, and whole ones
 * beyond 2^53 that have lost digits already, become double. BigInts stay exact. Values of the language pass unchanged.
 */
export function fromJson(json: unknown, depth = 0): Value {
  if (json === undefined || json === null) return null;
  if (typeof json === 'boolean' || typeof json === 'string' || typeof json === 'bigint') return json;
  if (typeof json === 'number') return Number.isSafeInteger(json) && !Object.is(json, -0) ? BigInt(json) : json;
  if (isOwnValue(json)) return json;
  if (Array.isArray(json)) {
    return depth > JSON_ARRAY_DEPTH ? null : json.map((element) => fromJson(element, depth + 1));
  }
  return CelMap.view(json as Readonly<Record<string, unknown>>);
}

function isOwnValue(value: unknown): value is Value {
  return OWN_CLASSES.some((own) => value instanceof own);
}

const OWN_CLASSES = [Uint8Array, Uint, Timestamp, Duration, TypeValue, Optional, Opaque, CelMap] as const;

/** The type of a value as far as one look at it tells; elements are not looked at. */
export function typeOf(value: Value): Type {
  if (value === null) return NULL;
  if (typeof value === 'boolean') return BOOL;
  if (typeof value === 'bigint') return INT;
  if (typeof value === 'number') return DOUBLE;
  if (typeof value === 'string') return STRING;
  if (value instanceof Uint) return UINT;
  if (value instanceof Uint8Array) return BYTES;
  if (value instanceof Timestamp) return TIMESTAMP;
  if (value instanceof Duration) return DURATION;
  if (value instanceof TypeValue) return typeType(DYN);
  if (value instanceof Optional) return optionalOf(A);
  if (value instanceof Opaque) return value.type;
  return value instanceof CelMap ? mapOf(A, B) : listOf(A);
}
