/** What one admission module says, whatever its type. */
export interface Verdict {
  readonly allowed: boolean;
  readonly explanation: Explanation;
  /** Only from a mutating module that allows. */
  readonly patch: Patch | undefined;
  readonly warnings: readonly string[];
  readonly auditAnnotations: readonly (readonly [key: string, value: string])[];
}

/** Why a module denies: the members of a Status that the API server passes on to the client. */
export interface Explanation {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: object;
}

/** A change of the object: a complete new object, or an RFC 6902 patch, as JSON in UTF-8. */
export interface Patch {
  readonly type: 'Full' | 'JSONPatch';
  readonly bytes: Uint8Array;
}

/** An answer of the right shape that says what it must not say (contract: fork §8, response verification). */
export class VerificationError extends Error {
  readonly code = 'unverified-answer';

  constructor(message: string) {
    super(message);
    this.name = 'VerificationError';
  }
}
