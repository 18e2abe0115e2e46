import { systemClock, type Clock } from './clock.ts';
import { createTokenBucket } from './token-bucket.ts';

export interface WorkQueueRate {
  /** The wait after an item's first failure; it doubles with every further one. Default: 5 ms. */
  readonly baseDelayMs?: number;
  /** Default: 1000 s. */
  readonly maxDelayMs?: number;
  /** Repetitions a second of all items together. Default: 10. */
  readonly perSecond?: number;
  /** Default: 100. */
  readonly burst?: number;
}

export interface WorkQueueOptions {
  readonly rate?: WorkQueueRate;
  readonly clock?: Clock;
  /** Hears what a handler threw; the item comes again anyway. Default: dropped. */
  readonly onError?: (item: string, error: unknown) => void;
}

/** What a handler wants to happen next. */
export interface WorkResult {
  readonly requeueAfterMs?: number | undefined;
}

export type WorkHandler<T extends string> = (item: T, signal: AbortSignal) => Promise<WorkResult | void>;

/**
 * Names of things to be looked at. However often a name is added, it waits once; no name is handled twice at a time; and
 * one that is added while it is handled is handled again afterwards, since what the handler saw may be old.
 */
export interface WorkQueue<T extends string> {
  readonly add: (item: T) => void;
  readonly addAfter: (item: T, delayMs: number) => void;
  /** Adds after the item's own backoff, or the whole queue's limit if that is longer. */
  readonly addRateLimited: (item: T) => void;
  /** Ends the item's backoff; what waits goes on waiting. */
  readonly forget: (item: T) => void;
  /**
   * Handles items until the signal aborts, then waits for the handlers that run. What waits by then is dropped: a
   * process that lost its lease must not go on. A handler that throws has its item added again, rate-limited.
   */
  readonly run: (workers: number, handler: WorkHandler<T>, signal: AbortSignal) => Promise<void>;
  readonly metrics: () => WorkQueueMetrics;
}

export interface WorkQueueMetrics {
  /** Items that could be handled now. */
  readonly depth: number;
  /** Items whose time has not come. */
  readonly delayed: number;
  readonly running: number;
  /** Since the start. */
  readonly adds: number;
  readonly retries: number;
}

const DEFAULTS = { baseDelayMs: 5, maxDelayMs: 1_000_000, perSecond: 10, burst: 100 } as const;

/** The longest delay a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface Delayed {
  readonly dueAt: number;
  readonly timer: NodeJS.Timeout;
}

export function createWorkQueue<T extends string = string>(options: WorkQueueOptions = {}): WorkQueue<T> {
  const { clock = systemClock, onError = () => {} } = options;
  const { baseDelayMs, maxDelayMs, perSecond, burst } = { ...DEFAULTS, ...options.rate };
  const bucket = createTokenBucket({ perSecond, burst, now: clock.now });
  const waiting = new Set<T>();
  const running = new Set<T>();
  /** Added while they were handled. */
  const again = new Set<T>();
  const delayed = new Map<T, Delayed>();
  const failures = new Map<T, number>();
  const idle = new Set<() => void>();
  const counts = { adds: 0, retries: 0 };
  let closed = false;

  const enqueue = (item: T): void => {
    waiting.add(item);
    const [wake] = idle;
    wake?.();
  };
  const add = (item: T): void => {
    if (closed) return;
    cancelDelay(item);
    if (waiting.has(item) || again.has(item)) return;
    counts.adds += 1;
    if (running.has(item)) again.add(item);
    else enqueue(item);
  };
  const cancelDelay = (item: T): void => {
    clearTimeout(delayed.get(item)?.timer);
    delayed.delete(item);
  };
  const addAfter = (item: T, delayMs: number): void => {
    if (closed) return;
    if (delayMs <= 0) return add(item);
    const dueAt = clock.now() + delayMs;
    const known = delayed.get(item);
    // The earliest time counts, and what waits already comes sooner than any.
    if (waiting.has(item) || (known !== undefined && known.dueAt <= dueAt)) return;
    cancelDelay(item);
    delayed.set(item, { dueAt, timer: setTimeout(add, Math.min(delayMs, MAX_TIMER_MS), item) });
  };
  const addRateLimited = (item: T): void => {
    if (closed) return;
    const failed = failures.get(item) ?? 0;
    failures.set(item, failed + 1);
    counts.retries += 1;
    // 2^31 steps are far beyond any maximum, and an exponent beyond 1023 would be infinite.
    const own = Math.min(baseDelayMs * 2 ** Math.min(failed, 31), maxDelayMs);
    addAfter(item, Math.max(own, bucket.reserve()));
  };
  const forget = (item: T): void => {
    failures.delete(item);
  };
  const handle = async (item: T, handler: WorkHandler<T>, signal: AbortSignal): Promise<void> => {
    waiting.delete(item);
    running.add(item);
    try {
      const result = await handler(item, signal);
      forget(item);
      if (result?.requeueAfterMs !== undefined) addAfter(item, result.requeueAfterMs);
    } catch (error) {
      addRateLimited(item);
      onError(item, error);
    } finally {
      running.delete(item);
      if (again.delete(item) && !closed) enqueue(item);
    }
  };
  const work = async (handler: WorkHandler<T>, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const [item] = waiting;
      if (item === undefined) await nextItem(signal);
      else await handle(item, handler, signal);
    }
  };
  const nextItem = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        idle.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      idle.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });

  return {
    add,
    addAfter,
    addRateLimited,
    forget,
    run: async (workers, handler, signal) => {
      await Promise.all(Array.from({ length: workers }, () => work(handler, signal)));
      closed = true;
      for (const item of delayed.keys()) cancelDelay(item);
      waiting.clear();
      again.clear();
      failures.clear();
    },
    metrics: () => ({ ...counts, depth: waiting.size, delayed: delayed.size, running: running.size }),
  };
}
