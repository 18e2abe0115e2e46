/** How long a server may take, in milliseconds. */
export interface Timeouts {
  /** Until a connection stands, TLS included. */
  readonly connect: number;
  /** Until the head of an answer is there. */
  readonly head: number;
  /** Between two chunks of a body. */
  readonly idle: number;
  /** A body has this long before its speed is looked at. */
  readonly grace: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connect: 10_000, head: 30_000, idle: 30_000, grace: 30_000 };

/**
 * The slowest body that is waited for, in bytes per second after the grace time: a server that sends a byte every now
 * and then never trips the idle limit. 20 MiB at this speed take 21 minutes; slower links don't run clusters.
 */
export const SLOWEST = 16 * 1024;

/** How failed calls are repeated. Only calls that may be repeated without harm are. */
export interface RetryPolicy {
  /** Calls in all, the first included. */
  readonly attempts: number;
  /** First pause, in milliseconds; it doubles, and each one is between half of that and all. */
  readonly pause: number;
  /** Longest pause, Retry-After included, in milliseconds. */
  readonly longestPause: number;
}

/** At most 0.25 + 0.5 + 1 s of pauses, or 3 × 30 s if the server asks for it by Retry-After. */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 4, pause: 250, longestPause: 30_000 };

/** Redirects that are followed for one call: registry → storage gateway → bucket is two. */
export const MAX_REDIRECTS = 5;
/** Bodies of errors, tokens and other small documents. */
export const MAX_SMALL_BODY = 1024 * 1024;
/** Manifests: what the OCI distribution specification asks registries to accept. */
export const MAX_MANIFEST = 4 * 1024 * 1024;
