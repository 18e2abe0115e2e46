import { CapabilityError } from './errors.ts';

/** Runs `work` for at most so many callers at a time; the others wait in order, and too many are refused. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

export function createLimiter(running: number, waiting: number): Limiter {
  let free = running;
  const queue: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else if (queue.length >= waiting) throw new CapabilityError('limit', `${waiting} questions are waiting already`);
    else await new Promise<void>((resolve) => void queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/**
 * Waits for something that goes on when this caller leaves, because others may wait for it too.
 * Throws CapabilityError `unavailable` at the caller's signal.
 */
export async function raced<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  let leave: (() => void) | undefined;
  const gone = new Promise<never>((_, reject) => {
    leave = () => reject(new CapabilityError('unavailable', `${what}: no answer in time`));
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([promise, gone]);
  } finally {
    if (leave) signal.removeEventListener('abort', leave);
    promise.catch(() => undefined);
  }
}

export interface TtlCacheOptions<T> {
  readonly ttlMs: number;
  readonly entries: number;
  readonly bytes: number;
  readonly sizeOf: (value: T) => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A value with the time that it may be used until. */
export interface Kept<T> {
  readonly value: T;
  readonly until: number;
}

/** What was fetched lately: successes alone, bounded, and each key fetched once however many wait. */
export interface TtlCache<T> {
  /** @param fresh Neither takes a value that is there, nor one that is on its way. */
  readonly get: (key: string, fetch: () => Promise<T>, fresh?: boolean) => Promise<Kept<T>>;
  readonly size: () => { readonly entries: number; readonly bytes: number };
}

export function createTtlCache<T>({ ttlMs, entries, bytes, sizeOf, now }: TtlCacheOptions<T>): TtlCache<T> {
  /** In the order of their fetching, which is that of their end. */
  const kept = new Map<string, Kept<T>>();
  const flights = new Map<string, Promise<Kept<T>>>();
  let held = 0;
  const drop = (key: string): void => {
    const entry = kept.get(key);
    if (entry === undefined) return;
    kept.delete(key);
    held -= key.length + sizeOf(entry.value);
  };
  const keep = (key: string, entry: Kept<T>): void => {
    drop(key);
    kept.set(key, entry);
    held += key.length + sizeOf(entry.value);
    for (const [oldest, { until }] of kept) {
      if (until > now() && kept.size <= entries && held <= bytes) return;
      drop(oldest);
    }
  };
  const fly = async (key: string, fetch: () => Promise<T>): Promise<Kept<T>> => {
    // From the start: the answer may be as old as the question.
    const until = now() + ttlMs;
    const entry = { value: await fetch(), until };
    keep(key, entry);
    return entry;
  };
  return {
    size: () => ({ entries: kept.size, bytes: held }),
    get: (key, fetch, fresh = false) => {
      if (fresh) return fly(key, fetch);
      const entry = kept.get(key);
      if (entry !== undefined && entry.until > now()) return Promise.resolve(entry);
      const known = flights.get(key);
      if (known !== undefined) return known;
      const flight = fly(key, fetch).finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    },
  };
}
