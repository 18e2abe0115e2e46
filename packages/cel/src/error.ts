/**
 * Why an evaluation has no value.
 * - `no-such-field`, `no-such-overload`, `out-of-range`, `overflow`, `divide-by-zero`, `invalid-argument`: what the
 *   expression did; `&&`, `||`, `all` and `exists` absorb these as the language says;
 * - `unavailable`: something only a running API server could answer, such as the authorizer;
 * - `cost-limit`, `depth-limit`: the evaluation was stopped; nothing absorbs these.
 */
export type CelErrorCode =
  | 'no-such-field'
  | 'no-such-overload'
  | 'out-of-range'
  | 'overflow'
  | 'divide-by-zero'
  | 'invalid-argument'
  | 'unavailable'
  | 'cost-limit'
  | 'depth-limit';

/**
 * An evaluation that has no value. It is a value itself and not an Error: the logical operators absorb it, and a stack
 * trace for each absorbed one would cost more than the evaluation. Messages name fields and functions, never contents.
 */
export class CelError {
  readonly code: CelErrorCode;
  readonly message: string;

  constructor(code: CelErrorCode, message: string) {
    this.code = code;
    this.message = message;
  }
}

/** Ends an evaluation at once, from any depth; `evaluate` turns it into the CelError that it carries. */
export class EvaluationStopped extends Error {
  override readonly name = 'EvaluationStopped';
  readonly reason: CelError;

  constructor(reason: CelError) {
    super(reason.message);
    this.reason = reason;
  }
}

/** A mistake in a source text; line and column count from 1, columns in UTF-16 units. */
export interface SourceProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** Ends the parsing of a text at the first mistake. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Turns an offset in UTF-16 units into a line and a column. */
export function locate(source: string, offset: number, message: string): SourceProblem {
  const before = source.slice(0, offset);
  return { message, line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
