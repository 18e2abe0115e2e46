/** One thing that is wrong in a file that somebody wrote. */
export interface Problem {
  /** The path as it was given. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** Such as `rules[0].operations`; empty for the document itself. */
  readonly field: string;
  readonly message: string;
}

/** `FILE:LINE:COLUMN: FIELD: MESSAGE`, the form that editors and terminals link. */
export function formatProblem({ file, line, column, field, message }: Problem): string {
  return `${file}:${line}:${column}: ${field === '' ? '' : `${field}: `}${message}`;
}
