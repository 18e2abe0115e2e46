/** One thing that is wrong, or worth a warning, in a configuration file. */
export interface Problem {
  /** The path as it was given. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** The JSON path of the field, such as `modules[1].rules[0].operations`; empty for the document itself. */
  readonly field: string;
  /** What was expected and what was found. Never contains settings. */
  readonly message: string;
}

/** `FILE:LINE:COLUMN: FIELD: MESSAGE`, the form that editors and terminals link. */
export function formatProblem({ file, line, column, field, message }: Problem): string {
  return `${file}:${line}:${column}: ${field === '' ? '' : `${field}: `}${message}`;
}

/** A configuration that can't be used. `problems` has every problem of every file, in the order of the files. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'invalid-configuration';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}
