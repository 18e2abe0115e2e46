import { consistsOf, equalsIgnoringCase, HOST, textOf, ZERO } from './bytes.ts';
import { problem, type HttpProblem } from './problem.ts';

/** What has been read of the header fields; all others are checked for their form and passed over. */
export interface Fields {
  hosts: number;
  /** The Content-Length, or -1. */
  length: number;
  chunked: boolean;
  close: boolean;
  waits: boolean;
  expectsMore: boolean;
  json: boolean;
  typed: boolean;
  encoded: boolean;
}

/** Where a field is in the bytes. */
export interface FieldPlace {
  readonly start: number;
  readonly nameEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

const BAD_LENGTH = problem(400, 'expected one Content-Length, a decimal number');
const BAD_HOST = problem(400, 'expected one Host field with a host name');
const BAD_TRANSFER = problem(400, 'expected a Transfer-Encoding that is chunked, once');
const UNKNOWN_TRANSFER = problem(501, 'transfer codings other than chunked are not supported');
const TWO_LENGTHS = problem(400, 'a request has a Content-Length or a Transfer-Encoding, not both');
const OLD_TRANSFER = problem(400, 'a request of HTTP/1.0 has no Transfer-Encoding');

export function createFields(): Fields {
  return {
    hosts: 0,
    length: -1,
    chunked: false,
    close: false,
    waits: false,
    expectsMore: false,
    json: true,
    typed: false,
    encoded: false,
  };
}

/** Takes in one field. The lengths of the names that matter differ, so that most others cost one comparison. */
export function readField(fields: Fields, bytes: Buffer, place: FieldPlace): HttpProblem | undefined {
  const { start, nameEnd } = place;
  const reader = READERS[nameEnd - start];
  if (!reader || !equalsIgnoringCase(bytes, start, nameEnd, reader.name)) return undefined;
  return reader.read(fields, bytes, place.valueStart, place.valueEnd);
}

/** What the fields together get wrong (RFC 9112 §3.2, §6.1). */
export function refuseFields(fields: Fields, minor: 0 | 1): HttpProblem | undefined {
  if (fields.hosts > 1 || (fields.hosts === 0 && minor === 1)) return BAD_HOST;
  if (!fields.chunked) return undefined;
  if (fields.length >= 0) return TWO_LENGTHS;
  return minor === 0 ? OLD_TRANSFER : undefined;
}

interface Reader {
  readonly name: string;
  readonly read: (fields: Fields, bytes: Buffer, start: number, end: number) => HttpProblem | undefined;
}

const READERS: readonly (Reader | undefined)[] = byNameLength([
  { name: 'host', read: readHost },
  { name: 'expect', read: readExpect },
  { name: 'connection', read: readConnection },
  { name: 'content-type', read: readType },
  { name: 'content-length', read: readLength },
  { name: 'content-encoding', read: readEncoding },
  { name: 'transfer-encoding', read: readTransfer },
]);

function byNameLength(readers: readonly Reader[]): readonly (Reader | undefined)[] {
  const longest = Math.max(...readers.map(({ name }) => name.length));
  return Array.from({ length: longest + 1 }, (_, length) => readers.find(({ name }) => name.length === length));
}

function readHost(fields: Fields, bytes: Buffer, start: number, end: number): HttpProblem | undefined {
  fields.hosts++;
  return consistsOf(HOST, bytes, start, end) ? undefined : BAD_HOST;
}

function readExpect(fields: Fields, bytes: Buffer, start: number, end: number): undefined {
  if (equalsIgnoringCase(bytes, start, end, '100-continue')) fields.waits = true;
  else fields.expectsMore = true;
}

function readConnection(fields: Fields, bytes: Buffer, start: number, end: number): undefined {
  fields.close ||= tokens(bytes, start, end).includes('close');
}

function readType(fields: Fields, bytes: Buffer, start: number, end: number): undefined {
  fields.typed = true;
  if (equalsIgnoringCase(bytes, start, end, 'application/json')) return;
  fields.json &&= isJsonType(textOf(bytes, start, end));
}

/** Whether a media type is JSON, by its name or its suffix; parameters do not matter. */
export function isJsonType(type: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type);
}

/** Lengths of more digits than this are beyond every limit; they stay numbers that compare as such. */
const MAX_DIGITS = 15;

function readLength(fields: Fields, bytes: Buffer, start: number, end: number): HttpProblem | undefined {
  if (fields.length >= 0 || start === end) return BAD_LENGTH;
  let length = 0;
  for (let index = start; index < end; index++) {
    const digit = bytes[index]! - ZERO;
    if (digit < 0 || digit > 9) return BAD_LENGTH;
    length = Math.min(length * 10 + digit, 10 ** MAX_DIGITS);
  }
  fields.length = length;
  return undefined;
}

function readEncoding(fields: Fields, bytes: Buffer, start: number, end: number): undefined {
  fields.encoded ||= !equalsIgnoringCase(bytes, start, end, 'identity');
}

function readTransfer(fields: Fields, bytes: Buffer, start: number, end: number): HttpProblem | undefined {
  if (!fields.chunked && equalsIgnoringCase(bytes, start, end, 'chunked')) {
    fields.chunked = true;
    return undefined;
  }
  const codings = tokens(bytes, start, end);
  const onlyLastIsChunked = !fields.chunked && codings.indexOf('chunked') === codings.length - 1;
  return onlyLastIsChunked && codings.length > 1 ? UNKNOWN_TRANSFER : BAD_TRANSFER;
}

/** The elements of a list of tokens, in lower case. */
function tokens(bytes: Buffer, start: number, end: number): readonly string[] {
  const list = textOf(bytes, start, end).toLowerCase().split(',');
  return list.map((element) => element.trim());
}
