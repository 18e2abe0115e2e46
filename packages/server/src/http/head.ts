import { MAX_FIELDS } from './bounds.ts';
import { COLON, consistsOf, SLASH, SPACE, TARGET, textOf, TOKEN } from './bytes.ts';
import { createFields, readField, refuseFields, type Fields } from './fields.ts';
import { problem, type HttpProblem } from './problem.ts';
import type { RequestFacts } from './refusal.ts';

/** What the front needs to know of a request before its body. */
export interface RequestHead extends RequestFacts {
  /** Whether the client wants no further request on this connection. */
  readonly close: boolean;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly waits: boolean;
}

/** Header fields beyond the limit; the reader finds most of them before it has the whole head. */
export const TOO_MANY_FIELDS = problem(431, `the request has more than ${MAX_FIELDS} header fields`);
const BAD_REQUEST_LINE = problem(400, 'expected a request line of method, target and HTTP/1.1');
const BAD_TARGET = problem(400, 'expected a request target that is a path');
const BAD_VERSION = problem(505, 'expected HTTP/1.1');
const BAD_FIELD = problem(400, 'expected header fields of a name, a colon and a value, each on one line');

/**
 * Parses a head that has been split into lines (RFC 9112 §3, §5). `lineEnds` are offsets from `start` to the CR of each
 * line; no line holds control characters. The first line may be empty. Whatever two implementations could read in two
 * ways is refused.
 */
export function parseHead(
  bytes: Buffer,
  start: number,
  lineEnds: Uint16Array,
  lines: number,
): RequestHead | HttpProblem {
  const first = lineEnds[0] === 0 ? 1 : 0;
  const lineStart = start + (first === 0 ? 0 : 2);
  if (first >= lines) return BAD_REQUEST_LINE;
  const requestLine = parseRequestLine(bytes, lineStart, start + lineEnds[first]!);
  if ('status' in requestLine) return requestLine;
  if (lines - first - 1 > MAX_FIELDS) return TOO_MANY_FIELDS;
  const fields = createFields();
  for (let line = first + 1; line < lines; line++) {
    const refusal = parseField(bytes, start + lineEnds[line - 1]! + 2, start + lineEnds[line]!, fields);
    if (refusal) return refusal;
  }
  return refuseFields(fields, requestLine.minor) ?? headOf(requestLine, fields);
}

function headOf({ method, target, minor }: RequestLine, fields: Fields): RequestHead {
  return {
    method,
    target,
    length: fields.chunked ? 'chunked' : Math.max(fields.length, 0),
    // What would follow CONNECT is no HTTP.
    close: fields.close || minor === 0 || method === 'CONNECT',
    waits: fields.waits && minor === 1,
    expectsMore: fields.expectsMore,
    json: fields.json,
    typed: fields.typed,
    encoded: fields.encoded,
  };
}

interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly minor: 0 | 1;
}

/** `HTTP/1.x` and the space before it. */
const VERSION_LENGTH = 9;

function parseRequestLine(bytes: Buffer, start: number, end: number): RequestLine | HttpProblem {
  let methodEnd = start;
  while (methodEnd < end && TOKEN[bytes[methodEnd]!] === 1) methodEnd++;
  const targetStart = methodEnd + 1;
  const targetEnd = end - VERSION_LENGTH;
  if (methodEnd === start || bytes[methodEnd] !== SPACE || targetEnd <= targetStart) return BAD_REQUEST_LINE;
  const version = textOf(bytes, targetEnd, end);
  if (version !== ' HTTP/1.1' && version !== ' HTTP/1.0') {
    return /^ HTTP\/\d\.\d$/.test(version) ? BAD_VERSION : BAD_REQUEST_LINE;
  }
  const method = textOf(bytes, start, methodEnd);
  const target = consistsOf(TARGET, bytes, targetStart, targetEnd) && textOf(bytes, targetStart, targetEnd);
  if (!target) return BAD_TARGET;
  const path = bytes[targetStart] === SLASH ? target : pathOf(target, method);
  return path === undefined ? BAD_TARGET : { method, target: path, minor: version === ' HTTP/1.1' ? 1 : 0 };
}

/** The path of a target in one of the rarer forms (RFC 9112 §3.2): a URL, an authority for CONNECT, `*` for OPTIONS. */
function pathOf(target: string, method: string): string | undefined {
  if (target === '*') return method === 'OPTIONS' ? target : undefined;
  if (method === 'CONNECT') return /^[\w.:[\]-]+:\d+$/.test(target) ? target : undefined;
  const url = /^https?:\/\/[\w.:[\]-]+(\/[^?]*)?(\?.*)?$/i.exec(target);
  return url ? `${url[1] ?? '/'}${url[2] ?? ''}` : undefined;
}

function parseField(bytes: Buffer, start: number, end: number, fields: Fields): HttpProblem | undefined {
  let nameEnd = start;
  while (nameEnd < end && TOKEN[bytes[nameEnd]!] === 1) nameEnd++;
  // This refuses a continued line, which begins with a space, and a space before the colon as well.
  if (nameEnd === start || nameEnd === end || bytes[nameEnd] !== COLON) return BAD_FIELD;
  // Tabs stay in the value: no client pads with them, and servers disagree about them in fields that frame a body.
  let valueStart = nameEnd + 1;
  while (valueStart < end && bytes[valueStart] === SPACE) valueStart++;
  let valueEnd = end;
  while (valueEnd > valueStart && bytes[valueEnd - 1] === SPACE) valueEnd--;
  return readField(fields, bytes, { start, nameEnd, valueStart, valueEnd });
}
