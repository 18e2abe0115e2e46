import { scan } from '../json/scan.ts';
import { select } from '../json/selection.ts';

/**
 * A JSON value that keeps the spelling of its numbers. A number that JavaScript would print otherwise (9007199254740993,
 * 1.0, 1e400, -0) is a RawNumber; all others are numbers. Objects may have any own key, `__proto__` included: read them
 * with `Object.hasOwn` first and write them with `setMember`.
 */
export type JsonValue = null | boolean | number | string | RawNumber | JsonValue[] | JsonObject;

export interface JsonObject {
  [key: string]: JsonValue;
}

/** What `JSON.rawJSON` makes: a frozen object that `JSON.stringify` writes as its text. */
export interface RawNumber {
  readonly rawJSON: string;
}

/** The part of ECMAScript's JSON.parse source text access that TypeScript does not declare. */
interface RawJson {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
  parse(text: string, reviver: (key: string, value: JsonValue, context: { source?: string }) => JsonValue): JsonValue;
}

const rawJson = JSON as unknown as RawJson;
const WHOLE = select();

/**
 * The document in `bytes`, without loss but for duplicate members, of which the last counts (as in Go). Throws
 * JsonError as `scan` does, nesting bound included: the reviver recurses.
 */
export function parseLossless(bytes: Uint8Array): JsonValue {
  scan(bytes, WHOLE);
  return parseScanned(bytes);
}

/** The same for bytes that a scan has already found to be one document. */
export function parseScanned(bytes: Uint8Array): JsonValue {
  const text = new TextDecoder().decode(bytes);
  return MAY_LOSE.test(text) ? rawJson.parse(text, keepSpelling) : (JSON.parse(text) as JsonValue);
}

/**
 * A number where a value may start that has a fraction, an exponent, 16 digits or more, or is minus zero. It also finds
 * such text inside strings, which costs the slower parse and nothing else; it misses none. Every try is anchored at a
 * bracket, colon or comma, so the search is linear.
 */
const MAY_LOSE = /(?:^|[[:,])\s*(?:-0|-?\d{16}|-?\d+[.eE])/;

function keepSpelling(_key: string, value: JsonValue, context: { source?: string }): JsonValue {
  if (typeof value !== 'number' || context.source === undefined || String(value) === context.source) return value;
  return rawJson.rawJSON(context.source);
}

export function isRawNumber(value: JsonValue): value is RawNumber {
  return rawJson.isRawJSON(value);
}

export function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** Sets an own member. Assigning to `__proto__` would change the object's prototype instead. */
export function setMember(object: JsonObject, key: string, value: JsonValue): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
