/** A rule in the language of the API server, checked by it at every write (`x-kubernetes-validations`). */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
}

/** The part of OpenAPI v3 that a structural schema may use, and Kubernetes' extensions of it. */
export interface OpenApi {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean' | 'number';
  readonly description?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, OpenApi>>;
  readonly additionalProperties?: OpenApi;
  readonly items?: OpenApi;
  readonly anyOf?: readonly { readonly type: 'integer' | 'string' }[];
  readonly 'x-kubernetes-int-or-string'?: true;
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic';
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

/** A schema together with the TypeScript type of what it admits; the second exists for the compiler alone. */
export interface Schema<T = unknown> {
  readonly openapi: OpenApi;
  readonly isRequired: boolean;
  readonly phantom?: T;
}

/** A property that must be present. */
export interface Required<T> extends Schema<T> {
  readonly isRequired: true;
}

export interface Optional<T> extends Schema<T> {
  readonly isRequired: false;
}

export type Infer<S> = S extends Schema<infer T> ? T : never;

type Properties = Readonly<Record<string, Schema>>;
type RequiredKeys<P extends Properties> = { [K in keyof P]: P[K] extends Required<unknown> ? K : never }[keyof P];
type InferObject<P extends Properties> = { readonly [K in RequiredKeys<P>]: Infer<P[K]> } & {
  readonly [K in Exclude<keyof P, RequiredKeys<P>>]?: Infer<P[K]>;
};

type Extra = Omit<OpenApi, 'type' | 'properties' | 'items' | 'required'>;

function schema<T>(openapi: OpenApi): Optional<T> {
  return { openapi, isRequired: false };
}

export function string(extra: Extra = {}): Optional<string> {
  return schema({ type: 'string', ...extra });
}

export function words<const W extends readonly string[]>(allowed: W, extra: Extra = {}): Optional<W[number]> {
  return schema({ type: 'string', enum: allowed, ...extra });
}

export function boolean(extra: Extra = {}): Optional<boolean> {
  return schema({ type: 'boolean', ...extra });
}

export function int32(extra: Extra = {}): Optional<number> {
  return schema({ type: 'integer', format: 'int32', ...extra });
}

export function int64(extra: Extra = {}): Optional<number> {
  return schema({ type: 'integer', format: 'int64', ...extra });
}

/** A number or a text, as ports, percentages and quantities are written. */
export function intOrString(extra: Extra = {}): Optional<number | string> {
  return schema({ anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true, ...extra });
}

/** Anything that JSON can express inside an object. */
export function anyObject(extra: Extra = {}): Optional<Readonly<Record<string, unknown>>> {
  return schema({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true, ...extra });
}

export function object<P extends Properties>(properties: P, extra: Extra = {}): Optional<InferObject<P>> {
  const required = Object.keys(properties).filter((name) => properties[name]?.isRequired === true);
  return schema({
    type: 'object',
    properties: Object.fromEntries(Object.entries(properties).map(([name, { openapi }]) => [name, openapi])),
    ...(required.length > 0 ? { required } : {}),
    ...extra,
  });
}

export function array<T>(items: Schema<T>, extra: Extra = {}): Optional<readonly T[]> {
  return schema({ type: 'array', items: items.openapi, ...extra });
}

/** A list that is replaced as a whole when it is applied. */
export function atomic<T>(items: Schema<T>, extra: Extra = {}): Optional<readonly T[]> {
  return array(items, { 'x-kubernetes-list-type': 'atomic', ...extra });
}

export function map<T>(values: Schema<T>, extra: Extra = {}): Optional<Readonly<Record<string, T>>> {
  return schema({ type: 'object', additionalProperties: values.openapi, ...extra });
}

/** A property without which the object is refused. */
export function required<T>(of: Schema<T>): Required<T> {
  return { ...of, isRequired: true };
}

export function describe<S extends Schema>(description: string, of: S): S {
  return { ...of, openapi: { ...of.openapi, description } };
}
