/** Why bytes are not the JSON document they should be. */
export type JsonErrorCode =
  /** The document ends inside a value, or is empty. */
  | 'unexpected-end'
  /** A byte that the grammar of RFC 8259 does not allow at this place. */
  | 'unexpected-byte'
  /** A second value, or anything but white space, after the document. */
  | 'trailing-bytes'
  /** A string with a malformed UTF-8 sequence. */
  | 'invalid-utf8'
  /** Containers nested deeper than `MAX_DEPTH`. */
  | 'too-deep'
  /** A chosen member that occurs twice, or once more in another case. */
  | 'ambiguous-member';

/** Bytes that are not one unambiguous JSON document. The message never quotes the document: it may hold a token. */
export class JsonError extends Error {
  readonly code: JsonErrorCode;
  /** Position of the first offending byte, from 0. */
  readonly offset: number;

  constructor(code: JsonErrorCode, message: string, offset: number) {
    super(code === 'unexpected-end' ? message : `${message} at byte ${offset}`);
    this.name = 'JsonError';
    this.code = code;
    this.offset = offset;
  }
}

/** The error for a byte that is not `expected`, or for the end of the document in its place. */
export function unexpected(bytes: Uint8Array, at: number, expected: string): JsonError {
  return at >= bytes.length
    ? new JsonError('unexpected-end', 'unexpected end of JSON input', bytes.length)
    : new JsonError('unexpected-byte', `expected ${expected}`, at);
}
