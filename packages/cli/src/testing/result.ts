/** What came of one case, or of one policy and one manifest. */
export interface CaseResult {
  /** The file of cases or the policy that it belongs to. */
  readonly suite: string;
  readonly name: string;
  readonly outcome: 'pass' | 'fail' | 'skip' | 'error' | 'updated';
  /** What happened: a verdict, and its message. */
  readonly found: string;
  /** What was expected and not found, a line each; why it could not be asked. */
  readonly problems: readonly string[];
  /** Milliseconds. */
  readonly ms: number;
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function tallyOf(results: readonly CaseResult[]): Tally {
  const count = (...outcomes: readonly CaseResult['outcome'][]): number =>
    results.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return { passed: count('pass', 'updated'), failed: count('fail', 'error'), skipped: count('skip') };
}
