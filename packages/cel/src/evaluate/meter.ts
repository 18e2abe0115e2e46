import { CelError, EvaluationStopped } from '../error.ts';
import { MAX_VALUE_DEPTH, TEXT_PER_COST } from '../limits.ts';

/** What `authorizer` expressions ask for. Absent members were not given. */
export interface AuthorizerQuery {
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** `namespace/name` of a service account to ask for in place of the requester. */
  readonly serviceAccount?: string;
}

export interface AuthorizerDecision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** Answers at once or not at all; evaluation does not wait. */
export type Authorize = (query: AuthorizerQuery) => AuthorizerDecision | undefined;

/** Counts what an evaluation costs and stops it when that is too much. One per evaluation. */
export class Meter {
  readonly authorize: Authorize | undefined;
  readonly #limit: number;
  #spent = 0;

  constructor(limit: number, authorize: Authorize | undefined) {
    this.#limit = limit;
    this.authorize = authorize;
  }

  get spent(): number {
    return this.#spent;
  }

  /** Charges units before they are used. Throws EvaluationStopped, which ends the evaluation. */
  charge(units: number): void {
    this.#spent += units;
    if (this.#spent > this.#limit) {
      throw new EvaluationStopped(new CelError('cost-limit', `the evaluation cost more than ${this.#limit} units`));
    }
  }

  /** Charges for text of this length that is read or made. */
  chargeText(length: number): void {
    this.charge(Math.ceil(length / TEXT_PER_COST));
  }

  checkDepth(depth: number): void {
    if (depth > MAX_VALUE_DEPTH) {
      throw new EvaluationStopped(new CelError('depth-limit', `a value nests deeper than ${MAX_VALUE_DEPTH} levels`));
    }
  }
}
