import { CapabilityError } from '../errors.ts';

/** Reads a value, or throws CapabilityError `payload` that names the member and what stood there, never its content. */
export type Decode<T> = (value: unknown, at: string) => T;

/** The nodes that one payload may have in lists: 8 MiB of payload could be four million of them. */
const MAX_LIST = 100_000;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses the JSON of a payload. */
export function parsePayload(payload: Uint8Array): unknown {
  try {
    // A copy: the payload may lie in memory that threads share, which decoders refuse.
    return JSON.parse(utf8.decode(payload.slice()));
  } catch {
    throw new CapabilityError('payload', 'the payload is not JSON');
  }
}

export const text: Decode<string> = (value, at) =>
  typeof value === 'string' ? value : fail(at, `invalid type: ${nameOf(value)}, expected a string`);

export const flag: Decode<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : fail(at, `invalid type: ${nameOf(value)}, expected a boolean`);

/** Null and a missing member are the same. */
export function optional<T>(decode: Decode<T>): Decode<T | null> {
  return (value, at) => (value === undefined || value === null ? null : decode(value, at));
}

export function otherwise<T>(decode: Decode<T>, fallback: T): Decode<T> {
  return (value, at) => (value === undefined || value === null ? fallback : decode(value, at));
}

export function list<T>(decode: Decode<T>): Decode<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) return fail(at, `invalid type: ${nameOf(value)}, expected a list`);
    if (value.length > MAX_LIST) return fail(at, `invalid length ${value.length}, expected at most ${MAX_LIST}`);
    return value.map((element, index) => decode(element, `${at}[${index}]`));
  };
}

/** Bytes as a list of numbers, the way that serde writes them. */
export const bytes: Decode<readonly number[]> = (value, at) => {
  const read = Array.isArray(value) ? (value as readonly unknown[]) : fail(at, 'expected a list of bytes');
  if (read.every(isByte)) return read;
  return fail(at, 'invalid value: expected numbers from 0 to 255');
};

function isByte(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;
}

export const texts: Decode<Readonly<Record<string, string>>> = (value, at) =>
  Object.fromEntries(Object.entries(members(value, at)).map(([name, each]) => [name, text(each, `${at}.${name}`)]));

export function oneOf<const T extends string>(...names: readonly T[]): Decode<T> {
  return (value, at) =>
    names.find((name) => name === value) ?? fail(at, `unknown variant, expected ${names.map(quoted).join(' or ')}`);
}

type Decoded<F> = { readonly [name in keyof F]: F[name] extends Decode<infer T> ? T : never };

/** An object with at least these members; others are ignored. */
export function record<F extends Readonly<Record<string, Decode<unknown>>>>(fields: F): Decode<Decoded<F>> {
  return (value, at) => {
    const found = members(value, at);
    const read = Object.entries(fields).map(([name, decode]) => [
      name,
      decode(Object.hasOwn(found, name) ? found[name] : undefined, at === '' ? name : `${at}.${name}`),
    ]);
    return Object.fromEntries(read) as Decoded<F>;
  };
}

export function members(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(at, `invalid type: ${nameOf(value)}, expected an object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

export function fail(at: string, problem: string): never {
  const isMissing = problem.startsWith('invalid type: nothing');
  const place = at === '' ? 'the payload' : quoted(at);
  throw new CapabilityError('payload', isMissing ? `missing field ${place}` : `${problem}, at ${place}`);
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a${typeof value === 'object' ? 'n' : ''} ${typeof value}`;
}

function quoted(name: string): string {
  return `\`${name.slice(0, 200)}\``;
}
