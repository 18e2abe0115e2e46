/** How long the runs of a loop took; times in microseconds. */
export interface Statistics {
  readonly name: string;
  readonly samples: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  /** Runs in a second, one after the other. */
  readonly perSecond: number;
}

/** Most runs of a loop whose times are kept: 8 MB of them. */
const MAX_SAMPLES = 1_000_000;
/** A loop gives way to timers and signals this often, in milliseconds. */
const BREATHE_MS = 50;

export interface LoopLimits {
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Default: as many as the time allows. */
  readonly samples?: number | undefined;
}

/** Runs something again and again, first without looking, then with a watch. At least one run is measured. */
export async function measure(
  name: string,
  run: () => void | Promise<void>,
  { warmUpMs, measureMs, samples = MAX_SAMPLES }: LoopLimits,
): Promise<Statistics> {
  const warm = performance.now() + warmUpMs;
  while (performance.now() < warm) await run();
  const most = Math.min(samples, MAX_SAMPLES);
  const times = new Float64Array(most);
  let taken = 0;
  const end = performance.now() + measureMs;
  let breath = performance.now() + BREATHE_MS;
  for (let now = performance.now(); taken < most && (now < end || taken === 0);) {
    const pending = run();
    if (pending instanceof Promise) await pending;
    const after = performance.now();
    times[taken++] = (after - now) * 1000;
    now = after;
    if (after > breath) {
      await new Promise(setImmediate);
      now = performance.now();
      breath = now + BREATHE_MS;
    }
  }
  return statisticsOf(name, times.subarray(0, taken));
}

/** The statistics of times in microseconds, of which there is at least one. Sorts them. */
export function statisticsOf(name: string, times: Float64Array): Statistics {
  times.sort();
  const total = times.reduce((sum, time) => sum + time, 0);
  const rank = (share: number): number => times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? 0;
  return {
    name,
    samples: times.length,
    mean: total / times.length,
    p50: rank(0.5),
    p90: rank(0.9),
    p99: rank(0.99),
    max: times.at(-1) ?? 0,
    perSecond: total === 0 ? 0 : (times.length * 1_000_000) / total,
  };
}
