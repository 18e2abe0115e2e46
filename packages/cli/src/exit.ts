/** Exit codes of the commands for authors; kwctl's own leave out `rejected`. */
export const EXIT = {
  /** Done; of `run`: accepted, of `test`: everything as expected. */
  done: 0,
  /** Something went wrong: a module that can't be used, a file that can't be read. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** Of `run`: a policy rejected. Of `test`: an expectation was not met. Of `bench`: slower than before. */
  rejected: 3,
} as const;

/** Ends a command with an exit code, after it has said all it had to say. */
export class Exit extends Error {
  override readonly name = 'Exit';
  readonly code = 'exit';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** A command line that contradicts itself; the message says what to do instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}
