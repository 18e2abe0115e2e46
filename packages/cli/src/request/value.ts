import type { JsonObject, JsonValue } from '@ostiary/policy';

/** What `JSON.rawJSON` does for numbers that a double can't hold; TypeScript does not declare it. */
const rawJson = JSON as unknown as { rawJSON(text: string): JsonValue; isRawJSON(value: unknown): boolean };

/** A JSON object, and not one of the numbers whose spelling is kept. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !rawJson.isRawJSON(value);
}

/** The member at a path of names; undefined where the path ends early. */
export function memberAt(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let found = value;
  for (const name of path) {
    if (!isObject(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
}

/** The text at a path; undefined for anything else. */
export function textAt(value: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const found = memberAt(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/**
 * The JSON value of what a YAML parser made of a document; whole numbers come as BigInt and keep every digit. Throws
 * TypeError for what JSON has no word for, such as a mapping with lists as keys.
 */
export function fromYaml(value: unknown): JsonValue {
  switch (typeof value) {
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : rawJson.rawJSON(String(value));
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('a number that JSON has no word for');
      return value;
    case 'string':
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value)) return value.map(fromYaml);
      if (value instanceof Date || value instanceof Map) break;
      return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fromYaml(member)]));
    case 'undefined':
      return null;
    case 'symbol':
    case 'function':
      break;
  }
  throw new TypeError('a value that JSON has no word for');
}

/** What kind of value it is, in JSON's words. */
export function nameOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  return typeof value === 'object' ? 'a number' : `a ${typeof value}`;
}
