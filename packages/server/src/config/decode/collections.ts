import {
  expected,
  INVALID,
  refuse,
  watched,
  type Context,
  type Decoded,
  type Decoder,
  type JsonSchema,
} from './decoder.ts';
import { describeNode, type MapNode, type SourceNode } from './node.ts';
import { childPath, itemPath } from './path.ts';
import { enumerate } from './scalars.ts';
import { suggestion } from './suggest.ts';

/** Every item by the same decoder. Null counts as the empty list, as it does in Go. */
export function list<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return {
    schema: { type: 'array', items: item.schema },
    decode(node, context) {
      if (isNull(node)) return [];
      if (node.kind !== 'list') return expected('a list', node, context);
      const values = node.items.map((child, index) =>
        item.decode(child, { ...context, path: itemPath(context.path, index) }),
      );
      return allValid(values) ? values : INVALID;
    },
  };
}

function allValid<T>(values: readonly Decoded<T>[]): values is readonly T[] {
  return !values.includes(INVALID);
}

function isNull(node: SourceNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** A field of an object: how to decode it, and what it is when absent. */
export interface Field<T> {
  readonly decoder: Decoder<T>;
  readonly required: 'always' | 'strictly' | 'never';
  readonly absent?: T;
}

/** A field that must be there. */
export function required<T>(decoder: Decoder<T>): Field<T> {
  return { decoder, required: 'always' };
}

/** A field that must be there, but which a lenient reader replaces by `absent`. */
export function strictlyRequired<T>(decoder: Decoder<T>, absent: T): Field<T> {
  return { decoder, required: 'strictly', absent };
}

/** A field that may be missing or null. */
export function optional<T>(decoder: Decoder<T>): Field<T | undefined> {
  return { decoder, required: 'never', absent: undefined };
}

/** A field that is `absent` when it is missing or null. */
export function defaulted<T>(decoder: Decoder<T>, absent: T): Field<T> {
  const schema = { ...decoder.schema, default: absent };
  return { decoder: { schema, decode: decoder.decode }, required: 'never', absent };
}

type Fields = Readonly<Record<string, Field<unknown>>>;
type ObjectOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/**
 * An object with these fields. An unknown field is a problem with a suggestion, unless `unknown` says otherwise; a
 * lenient reader ignores it and compares names without regard to case.
 */
export function object<const F extends Fields>(
  fields: F,
  unknown: 'refused' | 'ignored' = 'refused',
): Decoder<ObjectOf<F>> {
  return {
    schema: objectSchema(fields, unknown),
    decode(node, context) {
      if (node.kind !== 'map') return expected('a mapping', node, context);
      const names = watched(context);
      const found = findFields(node, fields, unknown, names.context);
      const values = Object.entries(fields).map(([name, field]): [string, unknown] => [
        name,
        decodeField(name, field, found.get(name), node, context),
      ]);
      if (names.refused() || values.some(([, value]) => value === INVALID)) return INVALID;
      // The keys are those of `fields`, and each value comes from its decoder.
      return Object.fromEntries(values) as ObjectOf<F>;
    },
  };
}

function objectSchema(fields: Fields, unknown: 'refused' | 'ignored'): JsonSchema {
  const names = Object.entries(fields);
  const mandatory = names.filter(([, field]) => field.required !== 'never').map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(names.map(([name, { decoder }]) => [name, decoder.schema])),
    ...(mandatory.length > 0 ? { required: mandatory } : {}),
    ...(unknown === 'refused' ? { additionalProperties: false } : {}),
  };
}

function findFields(
  node: MapNode,
  fields: Fields,
  unknown: 'refused' | 'ignored',
  context: Context,
): Map<string, SourceNode> {
  const names = Object.keys(fields);
  const found = new Map<string, SourceNode>();
  for (const { name, key, value } of namedEntries(node, context)) {
    const match = names.find((candidate) => sameName(candidate, name, context.lenient));
    if (match !== undefined) found.set(match, value);
    else if (!context.lenient && unknown === 'refused')
      refuse(key, { ...context, path: childPath(context.path, name) }, unknownField(name, names));
  }
  return found;
}

function sameName(left: string, right: string, lenient: boolean): boolean {
  return left === right || (lenient && left.toLowerCase() === right.toLowerCase());
}

function unknownField(name: string, names: readonly string[]): string {
  const hint = suggestion(name, names);
  const found = `unknown field ${JSON.stringify(name)}`;
  return hint === '' ? `${found}, expected ${enumerate(names)}` : found + hint;
}

function decodeField(
  name: string,
  field: Field<unknown>,
  node: SourceNode | undefined,
  parent: SourceNode,
  context: Context,
): Decoded<unknown> {
  const place = { ...context, path: childPath(context.path, name) };
  if (node === undefined) {
    const missing = field.required === 'always' || (field.required === 'strictly' && !context.lenient);
    return missing ? refuse(parent, place, 'expected this field, found none') : field.absent;
  }
  return field.required === 'never' && isNull(node) ? field.absent : field.decoder.decode(node, place);
}

/** A mapping from any names to values by the same decoder, in the order of the document. */
export function mapping<T>(
  value: Decoder<T>,
  checkName: (name: string, key: SourceNode, context: Context) => void = () => undefined,
): Decoder<ReadonlyMap<string, T>> {
  return {
    schema: { type: 'object', additionalProperties: value.schema },
    decode(node, context) {
      if (node.kind !== 'map') return expected('a mapping', node, context);
      const names = watched(context);
      const values = namedEntries(node, names.context).map(({ name, key, value: child }) => {
        const place = { ...context, path: childPath(context.path, name) };
        checkName(name, key, { ...names.context, path: place.path });
        return [name, value.decode(child, place)] as const;
      });
      if (names.refused() || values.some(([, decoded]) => decoded === INVALID)) return INVALID;
      return new Map(values.flatMap(([name, decoded]) => (decoded === INVALID ? [] : [[name, decoded] as const])));
    },
  };
}

/** An entry of a mapping whose key is text. */
export interface NamedEntry {
  readonly name: string;
  readonly key: SourceNode;
  readonly value: SourceNode;
}

/**
 * The entries of a mapping by name. A key that is not a string and a repeated key are problems; a lenient reader
 * turns numbers and booleans into text and lets the last of equal keys win, as the original does.
 */
export function namedEntries(node: MapNode, context: Context): readonly NamedEntry[] {
  const entries = new Map<string, NamedEntry>();
  for (const { key, value } of node.entries) {
    const name = keyName(key, context.lenient);
    if (name === undefined) {
      refuse(key, context, `expected a string as key, found ${describeNode(key)}`);
      continue;
    }
    const earlier = entries.get(name);
    if (earlier !== undefined && !context.lenient) {
      const { line } = context.source.position(earlier.key.offset);
      const place = { ...context, path: childPath(context.path, name) };
      refuse(key, place, `expected each key once, found ${JSON.stringify(name)} again (first in line ${line})`);
    }
    entries.set(name, { name, key, value });
  }
  return [...entries.values()];
}

function keyName(key: SourceNode, lenient: boolean): string | undefined {
  if (key.kind !== 'scalar' || key.value === null) return undefined;
  return typeof key.value === 'string' || lenient ? String(key.value) : undefined;
}
