/** Why a module can't be asked. */
export type EvaluateErrorCode =
  /** Its execution mode is unknown, or not the one that it was built for. */
  | 'wrong-mode'
  /** The sandbox can't run it, or its metadata can't be read. */
  | 'unusable-module'
  /** It does not start. */
  | 'no-start'
  /** It refuses its settings. */
  | 'invalid-settings'
  /** The settings are not an object. */
  | 'malformed-settings'
  /** The request is not one that it can be asked about. */
  | 'wrong-request'
  /** The definition of policies can't be used. */
  | 'bad-definition'
  /** What it wants to know of a cluster is not there. */
  | 'no-context';

/** A policy that can't be asked; a rejection is no error. Never contains settings or objects. */
export class EvaluateError extends Error {
  override readonly name = 'EvaluateError';
  readonly code: EvaluateErrorCode;

  constructor(code: EvaluateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
