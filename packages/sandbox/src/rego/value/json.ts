import { CHARACTERS_PER_STEP, step } from '../steps.ts';
import { Stop } from '../../stop.ts';
import { LimitError, within } from '../limits.ts';
import { compareStrings } from './compare.ts';
import { parseValue } from './parse.ts';
import { typeOf, type RegoNumber, type RegoObject, type RegoSet, type Value } from './value.ts';

/** JSON values as builtins hand them around before they are written: numbers as text, keys always strings. */
export type Json = null | boolean | string | RegoNumber | readonly Json[] | ReadonlyMap<string, Json>;

/** The value as JSON: sets become lists, other keys than strings their own JSON text. Keys keep Rego's order. */
export function toJson(value: Value): Json {
  step();
  switch (typeOf(value)) {
    case 'array':
      return (value as readonly Value[]).map(toJson);
    case 'set':
      return (value as RegoSet).members.map(toJson);
    case 'object':
      return new Map((value as RegoObject).entries.map(([key, item]) => [keyText(key), toJson(item)]));
    case 'null':
    case 'boolean':
    case 'string':
    case 'number':
      return value as null | boolean | string | RegoNumber;
  }
}

function keyText(key: Value): string {
  return typeof key === 'string' ? key : writeJson(toJson(key));
}

/** How JSON is laid out; all empty for none. */
export interface Layout {
  readonly prefix: string;
  readonly indent: string;
  /** Characters that the layout has cost so far. */
  written: number;
}

/** Writes as Go does: keys sorted, `<`, `>` and `&` escaped. */
export function writeJson(json: Json, layout?: Layout, depth = 0): string {
  step();
  if (json === null || typeof json === 'boolean') return String(json);
  if (typeof json === 'string') return quoteGoJson(json);
  if (isMap(json)) {
    const keys = [...json.keys()].sort(compareStrings);
    const colon = layout ? ': ' : ':';
    const pairs = keys.map((key) => quoteGoJson(key) + colon + writeJson(json.get(key) ?? null, layout, depth + 1));
    return wrap('{', pairs, '}', layout, depth);
  }
  if ('kind' in json) return json.text;
  const items = json.map((item) => writeJson(item, layout, depth + 1));
  return wrap('[', items, ']', layout, depth);
}

export function isMap(json: Json): json is ReadonlyMap<string, Json> {
  return json instanceof Map;
}

function wrap(
  open: string,
  items: readonly string[],
  close: string,
  layout: Layout | undefined,
  depth: number,
): string {
  if (!layout || items.length === 0) return `${open}${items.join(',')}${close}`;
  const line = (level: number): string => `\n${layout.prefix}${layout.indent.repeat(level)}`;
  layout.written += (items.length + 1) * (layout.prefix.length + layout.indent.length * (depth + 1) + 1);
  within(layout.written, 'characters');
  return `${open}${items.map((item) => line(depth + 1) + item).join(',')}${line(depth)}${close}`;
}

function quoteGoJson(text: string): string {
  step(text.length >> CHARACTERS_PER_STEP);
  return JSON.stringify(text.toWellFormed())
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/** The Rego value of a JSON text, numbers as they are written. Undefined when the text is no JSON, or far too deep. */
export function parseJson(text: string): Value | undefined {
  try {
    // The platform's parser decides what JSON is; it can't keep the digits of numbers, so it does not give the value.
    JSON.parse(text);
    return parseValue(text);
  } catch (error) {
    if (error instanceof Stop || error instanceof LimitError) throw error;
    return undefined;
  }
}
