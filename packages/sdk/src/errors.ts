/** A guest's sources don't compile; the author is at fault. The message is the compiler's own report. */
export class GuestCompileError extends Error {
  readonly code = 'guest-compile-failed';

  constructor(entry: string, report: string) {
    super(`${entry} does not compile:\n${report}`);
    this.name = 'GuestCompileError';
  }
}
