/**
 * Where a contract registers its cases. `node:test` is one; a browser brings its own. The contracts import nothing of
 * either, so that the same cases run in every host of the sandbox.
 */
export interface Runner {
  /** Groups the cases that `body` registers; runs it at once. */
  readonly suite: (name: string, body: () => void) => unknown;
  /** Registers a case, which fails when `body` throws. Cases run later, one after the other, in the order of registration. */
  readonly test: (name: string, body: () => void) => unknown;
}
