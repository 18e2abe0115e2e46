import { formatProblem, type Problem } from '../metadata/problem.ts';

/**
 * Why an image isn't trusted.
 *
 * - `missing-signatures`: a constraint that every image has to meet is met by none of its signatures;
 * - `constraints-unmet`: fewer alternatives than needed are met;
 * - `no-trust-root`: a constraint needs Sigstore's roots, and there are none to be had;
 * - `signatures-unavailable`: the registry didn't say which signatures there are;
 * - `nothing-to-verify`: no key, identity or owner was given;
 * - `unusable-key`: a key or certificate that was given can't be read.
 */
export type TrustErrorCode =
  | 'missing-signatures'
  | 'constraints-unmet'
  | 'no-trust-root'
  | 'signatures-unavailable'
  | 'nothing-to-verify'
  | 'unusable-key';

/** An image that must not be used. The message says which constraint failed, and why each signature didn't meet it. */
export class TrustError extends Error {
  override readonly name = 'TrustError';
  readonly code: TrustErrorCode;

  constructor(code: TrustErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * - `unsupported-version`: an `apiVersion` that isn't `v1`;
 * - `invalid`: the file has another shape than a verification configuration;
 * - `flags`: flags that contradict each other, or a key file that can't be read.
 */
export type VerificationConfigErrorCode = 'unsupported-version' | 'invalid' | 'flags';

/** A verification configuration that can't be used. `problems` is empty for flags. */
export class VerificationConfigError extends Error {
  override readonly name = 'VerificationConfigError';
  readonly code: VerificationConfigErrorCode;
  readonly problems: readonly Problem[];

  constructor(
    code: VerificationConfigErrorCode,
    summary: string,
    problems: readonly Problem[] = [],
    options?: ErrorOptions,
  ) {
    super([summary, ...problems.map((problem) => `  ${formatProblem(problem)}`)].join('\n'), options);
    this.code = code;
    this.problems = problems;
  }
}
