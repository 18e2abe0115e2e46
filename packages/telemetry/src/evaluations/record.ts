/** What telemetry learns of one evaluation of a policy: plain data, without settings, objects or tokens. */
export interface EvaluationRecord {
  readonly origin: 'validate' | 'audit' | 'validate_raw';
  /** The id that was asked for. */
  readonly policy: string;
  readonly mode: 'protect' | 'monitor';
  /** Milliseconds since 1970, with fractions. */
  readonly startedAt: number;
  /** From body to answer. */
  readonly micros: number;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** What the request is about; of raw requests the uid alone. */
  readonly request: RequestFacts;
  /** The policy's own verdict, before mode and messages; undefined when there was none to count. */
  readonly verdict?: Verdict | undefined;
  /** Why the policy could not be made. */
  readonly initializationError?: string | undefined;
  /** What was answered; undefined when it was no review. */
  readonly response?: ResponseFacts | undefined;
}

export interface RequestFacts {
  readonly uid: string;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly operation?: string | undefined;
  readonly subresource?: string | undefined;
  readonly kind?: Triple | undefined;
  readonly resource?: Triple | undefined;
  /** The kind that was asked for, of `requestKind`. */
  readonly requestKind?: string | undefined;
}

export interface Triple {
  readonly group: string;
  readonly version: string;
  readonly name: string;
}

export interface Verdict {
  readonly accepted: boolean;
  readonly mutated: boolean;
  readonly errorCode?: number | undefined;
}

export interface ResponseFacts {
  readonly allowed: boolean;
  readonly mutated: boolean;
  readonly code?: number | undefined;
  readonly message?: string | undefined;
}
