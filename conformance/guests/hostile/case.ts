import type { FailureCode, SandboxErrorCode } from '@ostiary/sandbox';

/** What must come of a hostile guest. */
export type Expected =
  /** It is refused when it is loaded, and the message says why. */
  | { readonly refused: SandboxErrorCode; readonly says: RegExp }
  /** The attack fails with this code, and the next call is clean. */
  | { readonly failure: FailureCode; readonly says?: RegExp }
  /** No call can succeed: the module breaks before its export runs. */
  | { readonly always: FailureCode }
  /** The attack is harmless: the guest goes on and answers this. */
  | { readonly output: string };

export interface HostileCase {
  readonly name: string;
  readonly module: Uint8Array<ArrayBuffer>;
  readonly expected: Expected;
}
