import { isUtf8 } from 'node:buffer';
import { unusable } from './signature.ts';

/** Any JSON object. */
export type JsonObject = { readonly [name: string]: unknown };

/** True for a JSON object; arrays and null are none. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object in some bytes. Anything else makes the signature unusable. */
export function parseObject(bytes: Uint8Array, what: string): JsonObject {
  if (!isUtf8(bytes)) unusable(`${what} is not UTF-8`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch {
    unusable(`${what} is not JSON`);
  }
  return isObject(value) ? value : unusable(`${what} is not a JSON object`);
}

/** The object at a path, or undefined. */
export function objectAt(value: JsonObject, ...path: readonly string[]): JsonObject | undefined {
  let current: unknown = value;
  for (const name of path) {
    if (!isObject(current) || !Object.hasOwn(current, name)) return undefined;
    current = current[name];
  }
  return isObject(current) ? current : undefined;
}

/** Base64 exactly as an encoder writes it: no spaces, no stray bits, nothing that two decoders would read differently. */
export function decodeBase64(text: unknown, what: string): Buffer {
  if (typeof text !== 'string' || text === '') unusable(`${what} is missing`);
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : unusable(`${what} is not base64`);
}

/** Strings, and numbers and booleans as their text; what else a signer puts there can't be asked for. */
export function stringEntries(value: JsonObject | undefined): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const [name, item] of Object.entries(value ?? {})) {
    if (typeof item === 'string') entries.set(name, item);
    else if (typeof item === 'number' || typeof item === 'boolean') entries.set(name, String(item));
  }
  return entries;
}
