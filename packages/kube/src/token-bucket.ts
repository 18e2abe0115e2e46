/** Lets through `perSecond` things a second in the long run, and `burst` at once. */
export interface TokenBucket {
  /** Takes a token and says how long to wait before using it, in milliseconds; 0 when there was one. */
  readonly reserve: () => number;
  /** Takes a token if there is one. */
  readonly take: () => boolean;
}

export interface TokenBucketOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export function createTokenBucket({ perSecond, burst, now }: TokenBucketOptions): TokenBucket {
  let tokens = burst;
  let last = now();
  const refill = (): void => {
    const time = now();
    tokens = Math.min(burst, tokens + (Math.max(0, time - last) * perSecond) / 1000);
    last = time;
  };
  return {
    reserve: () => {
      refill();
      tokens -= 1;
      return tokens >= 0 ? 0 : (-tokens * 1000) / perSecond;
    },
    take: () => {
      refill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
