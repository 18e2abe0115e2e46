export type PkiErrorCode =
  | 'invalid-name'
  | 'invalid-address'
  | 'invalid-usage'
  | 'invalid-validity'
  | 'invalid-authority'
  | 'invalid-bundle';

/** A certificate that can't be issued or read as asked. The message never contains key material. */
export class PkiError extends Error {
  override readonly name = 'PkiError';
  readonly code: PkiErrorCode;

  constructor(code: PkiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
