/** Why bytes can't become a guest. Found when a module is loaded, never at its first request. */
export type SandboxErrorCode =
  /** Not a WebAssembly module, or one that does not validate. */
  | 'invalid-module'
  /** An export that the ABI requires is absent or is not a function. */
  | 'missing-export'
  /** An export or import has another signature than the ABI says. */
  | 'wrong-signature'
  /** The module imports something that no host of this ABI provides. */
  | 'unknown-import'
  /** The module asks for more memory than its limit before it has run at all. */
  | 'memory-limit';

/** A module that can't be loaded; the message says what was expected and what was found. */
export class SandboxError extends Error {
  readonly code: SandboxErrorCode;

  constructor(code: SandboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SandboxError';
    this.code = code;
  }
}
