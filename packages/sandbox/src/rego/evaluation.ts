/** What builtins may know beside their arguments: the same answer to the same question during one evaluation. */
export interface Evaluation {
  /** Nanoseconds since 1970, constant during one evaluation. */
  readonly now: bigint;
  readonly random: (target: Uint8Array) => void;
  /** Answers that must not change during one evaluation, such as random numbers, by what was asked. */
  readonly answers: Map<string, string>;
  readonly log: (text: string) => void;
  /** Ends the evaluation when its time is over. For builtins that loop. */
  readonly checkTime: () => void;
}

/** Nanoseconds of a clock in milliseconds with fractions. */
export function nanoseconds(milliseconds: number): bigint {
  const whole = Math.floor(milliseconds);
  return BigInt(whole) * 1_000_000n + BigInt(Math.floor((milliseconds - whole) * 1_000_000));
}
