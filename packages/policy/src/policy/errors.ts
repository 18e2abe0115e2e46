/** Why a policy can't serve as it is configured. */
export type PolicyErrorCode =
  /** The custom section with its metadata is not what it should be. */
  | 'invalid-metadata'
  /** It speaks another protocol, or wants a newer server. */
  | 'unsupported'
  /** A group's expression is not one, or names no member. */
  | 'invalid-expression'
  /** Resources that can't become one data document. */
  | 'invalid-context';

/** A policy that must not be loaded. The message is fit for its users and never contains settings. */
export class PolicyError extends Error {
  readonly code: PolicyErrorCode;

  constructor(code: PolicyErrorCode, message: string) {
    super(message);
    this.name = 'PolicyError';
    this.code = code;
  }
}

/** A request body that no policy can be asked about: no JSON (400), or JSON of another shape (422; contract §4.5). */
export class BodyError extends Error {
  readonly code: 'not-json' | 'wrong-shape';
  readonly status: 400 | 422;

  constructor(code: 'not-json' | 'wrong-shape', message: string) {
    super(message);
    this.name = 'BodyError';
    this.code = code;
    this.status = code === 'not-json' ? 400 : 422;
  }
}
