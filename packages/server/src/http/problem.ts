/** Why a request is refused: the status to answer with, and a sentence that says what is wrong. */
export interface HttpProblem {
  readonly status: number;
  readonly message: string;
}

export function problem(status: number, message: string): HttpProblem {
  return { status, message };
}
