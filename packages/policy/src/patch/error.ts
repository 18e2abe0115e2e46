/** Why a JSON Patch cannot be applied. */
export type PatchErrorCode =
  /** Not an array of operations as RFC 6902 has them. */
  | 'invalid-patch'
  /** A path that is not a JSON Pointer. */
  | 'invalid-pointer'
  /** A path that does not exist in the document, or an array index out of range. */
  | 'missing-path'
  /** A `test` operation whose value differs. */
  | 'test-failed'
  /** More work than any honest patch asks for. */
  | 'too-costly';

/** A JSON Patch that cannot be applied. The message names the operation by its index, never a value. */
export class PatchError extends Error {
  readonly code: PatchErrorCode;

  constructor(code: PatchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PatchError';
    this.code = code;
  }
}
