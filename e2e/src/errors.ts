/**
 * What can keep an end-to-end test from having its control plane.
 *
 * - `GO_MISSING`, `GO_TOO_OLD`, `BUILD_FAILED`: the programs can't be built here;
 * - `PROCESS_ENDED`: a program of the control plane ended by itself;
 * - `NOT_READY`: it runs and doesn't answer in time;
 * - `NO_FREE_PORT`: every port that was tried is in use.
 */
export type HarnessErrorCode =
  | 'GO_MISSING'
  | 'GO_TOO_OLD'
  | 'BUILD_FAILED'
  | 'PROCESS_ENDED'
  | 'NOT_READY'
  | 'NO_FREE_PORT';

/** A failure of the harness itself, never of the code under test. */
export class HarnessError extends Error {
  readonly code: HarnessErrorCode;

  constructor(code: HarnessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HarnessError';
    this.code = code;
  }
}
