/**
 * How many evaluations may be under way. The limit follows the servers: it grows by one with each round of answers that
 * are about as quick as the best ones, and shrinks by a part when answers become slow or are refused. That is TCP's
 * additive increase and multiplicative decrease, with latency for the sign of congestion.
 */
export interface Limiter {
  /** Runs `work` as soon as there is room. What it throws it throws. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
  /** Says that the server is overloaded or gone. */
  readonly overloaded: () => void;
  readonly limit: number;
  readonly running: number;
}

export interface LimiterOptions {
  readonly max: number;
  /** Default: 4. */
  readonly initial?: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** Slower than this many times the best latency is congestion, if it is also so many milliseconds more. */
const TOLERANCE = 2;
const SLACK_MS = 30;

/** From twice the best latency, where the queue is as long as what is served, half as many have none. */
const DECREASE = 0.5;

/** The weight of one answer in the mean, and how many make it speak of the limit as it is now. */
const SMOOTHING = 0.1;
const SETTLED = 20;

/** Less than this part gained by half as many requests: it is not us who make the server slow. */
const GAIN = 0.8;

/** So often the best latency is measured anew, at half the limit: servers and policies change. */
const PROBE_ANSWERS = 2000;

export function createLimiter({ max, initial = 4, now }: LimiterOptions): Limiter {
  const waiting: (() => void)[] = [];
  /** Latency is also our own when this process is busy, so it lowers the limit only so far; refusals do to one. */
  const floor = Math.min(initial, max);
  let limit = floor;
  let running = 0;
  let mean = 0;
  let best = Infinity;
  /** Answers since the limit fell last, and the mean by which it did. */
  let settled = 0;
  let fellAt: number | undefined;
  let answers = 0;
  /** Until the first sign of congestion the limit doubles with each round. */
  let isStarting = true;
  let refusedAt = -Infinity;

  const admit = (): void => {
    while (running < Math.floor(limit) && waiting.length > 0) {
      running += 1;
      waiting.shift()?.();
    }
  };
  const decrease = (least: number): void => {
    limit = Math.min(limit, Math.max(least, limit * DECREASE));
    settled = 0;
    isStarting = false;
  };
  const slowDown = (): void => {
    if (settled < SETTLED) return;
    if (fellAt !== undefined && mean > fellAt * GAIN) {
      best = mean;
      fellAt = undefined;
    } else {
      fellAt = mean;
      decrease(floor);
    }
  };
  const grow = (): void => {
    fellAt = undefined;
    // Without anybody in the queue the limit was not what held it up.
    if (running >= Math.floor(limit)) limit = Math.min(max, limit + (isStarting ? 1 : 1 / limit));
  };
  const observe = (latency: number): void => {
    mean = answers === 0 ? latency : mean + (latency - mean) * SMOOTHING;
    best = Math.min(best, latency);
    answers += 1;
    settled += 1;
    if (answers % PROBE_ANSWERS === 0) {
      best = Infinity;
      fellAt = undefined;
      decrease(floor);
    } else if (mean > best * TOLERANCE && mean > best + SLACK_MS) slowDown();
    else grow();
  };
  const overloaded = (): void => {
    // What was on its way when the limit fell says nothing new.
    if (now() - refusedAt < mean) return;
    refusedAt = now();
    decrease(1);
  };
  return {
    get limit() {
      return Math.floor(limit);
    },
    get running() {
      return running;
    },
    overloaded,
    run: async (work) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        admit();
      });
      const startedAt = now();
      try {
        const result = await work();
        observe(now() - startedAt);
        return result;
      } finally {
        running -= 1;
        admit();
      }
    },
  };
}
