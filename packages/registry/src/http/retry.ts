import { setTimeout as pause } from 'node:timers/promises';
import { RegistryError, isRegistryError, type RegistryErrorCode } from '../errors.ts';
import type { RetryPolicy } from './limits.ts';

/** Failures that may be gone a moment later. */
const TRANSIENT: ReadonlySet<RegistryErrorCode> = new Set(['network', 'timeout', 'rate-limited', 'unavailable']);

/** A failure for which the server said when to come again. */
export class RetryLaterError extends RegistryError {
  /** Milliseconds; undefined if the server didn't say. */
  readonly after: number | undefined;

  constructor(code: 'rate-limited' | 'unavailable', message: string, after: number | undefined) {
    super(code, message);
    this.after = after;
  }
}

/** True if the same call may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  return isRegistryError(error) && TRANSIENT.has(error.code);
}

/**
 * Runs `attempt` until it succeeds, fails for good, or has failed as often as the policy allows. Only for calls that
 * may be repeated without harm. The last failure is thrown.
 */
export async function retry<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries >= policy.attempts || !isTransient(error)) throw error;
      await waitBefore(tries, error, policy, signal);
    }
  }
}

/** Sleeps before attempt `tries + 1`; throws `error` itself if the server wants more patience than the policy has. */
export async function waitBefore(
  tries: number,
  error: unknown,
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
): Promise<void> {
  const asked = error instanceof RetryLaterError ? (error.after ?? 0) : 0;
  if (asked > policy.longestPause) throw error;
  const full = Math.min(policy.pause * 2 ** (tries - 1), policy.longestPause);
  // Jitter: clients that failed together don't come back together.
  const wait = Math.max(asked, full * (0.5 + Math.random() / 2));
  try {
    await pause(wait, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new RegistryError('aborted', 'aborted while waiting to try again', { cause });
  }
}

/** Milliseconds of a Retry-After header: seconds or a date. */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
