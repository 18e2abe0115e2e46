/** How a refusal is written: `{"message"}` at the gates, `{"message","status"}` at policies, or without a body. */
export type ProblemStyle = 'gate' | 'policy' | 'empty';

/** Why a request is refused: the status to answer with, and a sentence that says what is wrong. */
export interface HttpProblem {
  readonly status: number;
  readonly message: string;
  readonly style: ProblemStyle;
}

export function problem(status: number, message: string, style: ProblemStyle = 'gate'): HttpProblem {
  return { status, message, style };
}
