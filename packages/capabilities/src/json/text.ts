import { CapabilityError } from '../errors.ts';

// Objects are changed as JSON texts: numbers beyond 2^53 and the order of members stay as the API wrote them.

/** A member of an object. */
export interface Member {
  readonly name: string;
  /** The JSON of its value. */
  readonly value: Uint8Array;
  /** Name, colon and value, as they stand in the text. */
  readonly text: Uint8Array;
}

const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { fatal: true });

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

export const EMPTY_LIST = Uint8Array.of(OPEN_ARRAY, CLOSE_ARRAY);
export const EMPTY_OBJECT = Uint8Array.of(OPEN_OBJECT, CLOSE_OBJECT);

export function isObjectText(json: Uint8Array): boolean {
  return json[0] === OPEN_OBJECT;
}

export function isArrayText(json: Uint8Array): boolean {
  return json[0] === OPEN_ARRAY;
}

/**
 * The members of an object, in their order; of one that is named twice, the last. Only the outline is looked at: what is
 * inside a value may be anything. Throws CapabilityError `invalid`.
 */
export function readMembers(json: Uint8Array): readonly Member[] {
  const buffer = Buffer.from(json.buffer, json.byteOffset, json.length);
  const members = new Map<string, Member>();
  let at = skipBlanks(json, expect(json, 0, OPEN_OBJECT));
  while (json[at] !== CLOSE_OBJECT) {
    const nameEnd = skipString(json, expect(json, at, QUOTE) - 1);
    const name = readName(buffer, at, nameEnd);
    const start = skipBlanks(json, expect(json, skipBlanks(json, nameEnd), COLON));
    const end = skipValue(json, start);
    members.set(name, { name, value: json.subarray(start, end), text: json.subarray(at, end) });
    at = skipToNext(json, end, CLOSE_OBJECT);
  }
  return [...members.values()];
}

/** The elements of an array. Throws CapabilityError `invalid`. */
export function readElements(json: Uint8Array): readonly Uint8Array[] {
  const elements: Uint8Array[] = [];
  let at = skipBlanks(json, expect(json, 0, OPEN_ARRAY));
  while (json[at] !== CLOSE_ARRAY) {
    const end = skipValue(json, at);
    elements.push(json.subarray(at, end));
    at = skipToNext(json, end, CLOSE_ARRAY);
  }
  return elements;
}

/** The text of a member. */
export function memberText(name: string, value: Uint8Array): Uint8Array {
  return join([encoder.encode(`${JSON.stringify(name)}:`), value]);
}

/** An object of members' texts. */
export function writeObject(members: readonly Uint8Array[]): Uint8Array {
  return enclosed(OPEN_OBJECT, members, CLOSE_OBJECT);
}

export function writeArray(elements: readonly Uint8Array[]): Uint8Array {
  return enclosed(OPEN_ARRAY, elements, CLOSE_ARRAY);
}

function enclosed(open: number, parts: readonly Uint8Array[], close: number): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length + 1, 0);
  // Bytes of their own: small buffers of Node share a pool, which would be kept as a whole.
  const whole = new Uint8Array(Math.max(length + 1, 2));
  let at = 1;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length + 1;
    whole[at - 1] = COMMA;
  }
  whole[0] = open;
  whole[whole.length - 1] = close;
  return whole;
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  return concatenated(parts, (length) => new Uint8Array(length));
}

/** Bytes that threads can share without a copy. */
export function joinShared(parts: readonly Uint8Array[]): Uint8Array {
  return concatenated(parts, (length) => new Uint8Array(new SharedArrayBuffer(length)));
}

function concatenated(parts: readonly Uint8Array[], make: (length: number) => Uint8Array): Uint8Array {
  const whole = make(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Almost all names are plain, and then there is nothing to decode. */
function readName(buffer: Buffer, start: number, end: number): string {
  for (let at = start + 1; at < end - 1; at += 1) {
    const byte = buffer[at] ?? 0;
    if (byte < 0x80 && byte !== BACKSLASH) continue;
    try {
      return String(JSON.parse(utf8.decode(buffer.subarray(start, end))));
    } catch {
      return malformed();
    }
  }
  return buffer.toString('latin1', start + 1, end - 1);
}

function skipToNext(json: Uint8Array, end: number, close: number): number {
  const at = skipBlanks(json, end);
  if (json[at] === COMMA) return skipBlanks(json, at + 1);
  return json[at] === close ? at : malformed();
}

/** The end of the value at `at`, which may nest as deep as it likes: only the depth is counted. */
function skipValue(json: Uint8Array, at: number): number {
  const first = json[at];
  if (first === QUOTE) return skipString(json, at);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return skipScalar(json, at);
  let depth = 0;
  for (let position = at; position < json.length; position += 1) {
    const byte = json[position];
    if (byte === QUOTE) position = skipString(json, position) - 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return position + 1;
    }
  }
  return malformed();
}

function skipString(json: Uint8Array, at: number): number {
  for (let position = at + 1; position < json.length; position += 1) {
    const byte = json[position];
    if (byte === QUOTE) return position + 1;
    if (byte === BACKSLASH) position += 1;
  }
  return malformed();
}

function skipScalar(json: Uint8Array, at: number): number {
  let position = at;
  while (position < json.length && !endsScalar(json[position] ?? COMMA)) position += 1;
  return position > at ? position : malformed();
}

function endsScalar(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || byte === COLON || isBlank(byte);
}

function skipBlanks(json: Uint8Array, at: number): number {
  let position = at;
  while (position < json.length && isBlank(json[position] ?? 0)) position += 1;
  return position;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function expect(json: Uint8Array, at: number, byte: number): number {
  return json[at] === byte ? at + 1 : malformed();
}

function malformed(): never {
  throw new CapabilityError('invalid', 'the API server has sent what is not JSON');
}
