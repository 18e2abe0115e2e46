import { KubeError } from '../errors.ts';

/** A value inside a JSON text: its first byte, and the one after its last. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Parses a part of a JSON text. Throws KubeError `not-json` without quoting what it read. */
export function parseSlice(bytes: Uint8Array, { start, end }: Slice = { start: 0, end: bytes.length }): unknown {
  try {
    return JSON.parse(decoder.decode(bytes.subarray(start, end)));
  } catch {
    throw notJson();
  }
}

/**
 * The members of the object that `bytes` hold. Only the outline is looked at: whoever uses a slice parses it, which
 * finds the errors inside. So a list of many objects is cut into them without being one big value at any time, and the
 * numbers of an object can be had as they were written. Throws KubeError `not-json`.
 */
export function membersOf(bytes: Uint8Array): ReadonlyMap<string, Slice> {
  const members = new Map<string, Slice>();
  let at = expect(bytes, skipBlanks(bytes, 0), OPEN_OBJECT);
  at = skipBlanks(bytes, at);
  while (bytes[at] !== CLOSE_OBJECT) {
    const nameEnd = bytes[at] === QUOTE ? skipString(bytes, at) : fail();
    const name = parseSlice(bytes, { start: at, end: nameEnd });
    const start = skipBlanks(bytes, expect(bytes, skipBlanks(bytes, nameEnd), COLON));
    const end = skipValue(bytes, start);
    members.set(String(name), { start, end });
    at = skipBlanks(bytes, end);
    if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1);
    else if (bytes[at] !== CLOSE_OBJECT) fail();
  }
  if (skipBlanks(bytes, at + 1) !== bytes.length) fail();
  return members;
}

/** The elements of the array at `slice`; none for `null`, which Go writes for an empty list. */
export function elementsOf(bytes: Uint8Array, slice: Slice): readonly Slice[] {
  if (parseableNull(bytes, slice)) return [];
  const elements: Slice[] = [];
  let at = skipBlanks(bytes, expect(bytes, slice.start, OPEN_ARRAY));
  while (bytes[at] !== CLOSE_ARRAY) {
    const end = skipValue(bytes, at);
    elements.push({ start: at, end });
    at = skipBlanks(bytes, end);
    if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1);
    else if (bytes[at] !== CLOSE_ARRAY) fail();
  }
  return elements;
}

function parseableNull(bytes: Uint8Array, { start, end }: Slice): boolean {
  return end - start === 4 && bytes[start] === 0x6e;
}

/** The end of the value at `at`, which may nest as deep as it likes: only the depth is counted. */
function skipValue(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === QUOTE) return skipString(bytes, at);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return skipScalar(bytes, at);
  let depth = 0;
  let position = at;
  while (position < bytes.length) {
    const byte = bytes[position];
    if (byte === QUOTE) {
      position = skipString(bytes, position);
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
    position += 1;
    if (depth === 0) return position;
  }
  return fail();
}

function skipString(bytes: Uint8Array, at: number): number {
  for (let position = at + 1; position < bytes.length; position += 1) {
    const byte = bytes[position];
    if (byte === QUOTE) return position + 1;
    if (byte === BACKSLASH) position += 1;
  }
  return fail();
}

function skipScalar(bytes: Uint8Array, at: number): number {
  let position = at;
  while (position < bytes.length && !endsScalar(bytes[position] ?? COMMA)) position += 1;
  return position > at ? position : fail();
}

function endsScalar(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || byte === COLON || isBlank(byte);
}

function skipBlanks(bytes: Uint8Array, at: number): number {
  let position = at;
  while (position < bytes.length && isBlank(bytes[position] ?? 0)) position += 1;
  return position;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function expect(bytes: Uint8Array, at: number, byte: number): number {
  return bytes[at] === byte ? at + 1 : fail();
}

function fail(): never {
  throw notJson();
}

function notJson(): KubeError {
  return new KubeError('not-json', 'the answer is not JSON');
}
