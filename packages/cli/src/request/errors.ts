/** Why an input can't become a request. */
export type InputErrorCode =
  /** It can't be read. */
  | 'unreadable'
  /** It is neither JSON nor YAML. */
  | 'malformed'
  /** It is no review, no request and no object. */
  | 'wrong-shape'
  /** Nobody knows the kind of the object. */
  | 'unknown-kind';

/** An input of a user's that can't be used; the message starts with where it is from. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly code: InputErrorCode;

  constructor(code: InputErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
