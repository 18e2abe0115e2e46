/** A generation that can't serve: every problem, one line each, with position and module. */
export class LoadError extends Error {
  readonly code = 'unloadable';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'LoadError';
    this.problems = problems;
  }
}
