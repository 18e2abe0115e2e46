/** A generation that can't serve: every problem, one line each, with position and module. */
export class LoadError extends Error {
  readonly code = 'unloadable';
  readonly problems: readonly string[];
  /** Whether another attempt may succeed although no file changes. */
  readonly worthRetrying: boolean;

  constructor(problems: readonly string[], worthRetrying = false) {
    super(problems.join('\n'));
    this.name = 'LoadError';
    this.problems = problems;
    this.worthRetrying = worthRetrying;
  }
}
