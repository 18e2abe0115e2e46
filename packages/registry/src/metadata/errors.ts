import { formatProblem, type Problem } from './problem.ts';

/**
 * - `malformed`: the metadata section of a module can't be read;
 * - `invalid`: a metadata file breaks the rules;
 * - `incomplete`: the metadata lacks what a package description needs.
 */
export type MetadataErrorCode = 'malformed' | 'invalid' | 'incomplete';

/** Metadata that can't be used. The message has every problem, each with its field. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError';
  readonly code: MetadataErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: MetadataErrorCode, summary: string, problems: readonly Problem[] = [], options?: ErrorOptions) {
    super([summary, ...problems.map(code === 'malformed' ? fieldAndMessage : formatProblem)].join('\n  '), options);
    this.code = code;
    this.problems = problems;
  }
}

/** A section of a module has no lines that anybody could look at. */
function fieldAndMessage({ field, message }: Problem): string {
  return field === '' ? message : `${field}: ${message}`;
}
