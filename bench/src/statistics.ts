/** The smallest sample: what the work takes when nothing disturbs it. NaN when there is none. */
export function minimum(samples: readonly number[]): number {
  return samples.length === 0 ? Number.NaN : Math.min(...samples);
}

/** The middle sample, or the mean of the two in the middle. NaN when there is none. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const below = sorted[Math.ceil(half) - 1] ?? Number.NaN;
  const above = sorted[Math.floor(half)] ?? Number.NaN;
  return (below + above) / 2;
}

/** Rounded to so many significant digits, as far as there are some after the point. */
export function rounded(value: number, digits = 3): number {
  return Number.isFinite(value)
    ? Number(Math.abs(value) >= 10 ** digits ? value.toFixed(0) : value.toPrecision(digits))
    : value;
}

/** The items in another order for each round, so that none always runs behind the same other one. */
export function rotated<T>(items: readonly T[], round: number): readonly T[] {
  const start = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/**
 * How many calls fill a round.
 *
 * @param micros What one call takes.
 * @param roundMs How long a round should take; at least one call is made however long it takes.
 */
export function callsPerRound(micros: number, roundMs: number): number {
  return Math.max(1, Math.round((roundMs * 1000) / Math.max(micros, 0.1)));
}
