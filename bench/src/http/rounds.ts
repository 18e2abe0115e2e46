import { median, minimum, rotated, rounded } from '../statistics.ts';
import { runLoad, type Load } from './load.ts';
import { cpuMicros } from './process-stat.ts';

/** A load on a server of this run. */
export interface Loaded {
  readonly server: { readonly pid: number };
  readonly url: string;
  readonly bodyFile: string;
  readonly connections: number;
}

export interface RoundPlan {
  readonly rounds: number;
  /** Of load in each round. */
  readonly seconds: number;
  /** The core of the load generator; undefined for any. */
  readonly core: number | undefined;
  /** No further round is begun after this time of {@link performance.now}. */
  readonly until: number;
}

export interface Measured<C> {
  readonly case: C;
  readonly loads: readonly CostlyLoad[];
}

/** What the generator saw, and CPU time of all threads of the server per request, in microseconds. */
export type CostlyLoad = Load & { readonly cpuUs: number };

/** Loads the servers in turns, so that what disturbs the machine for a while disturbs all of them. */
export async function measureRounds<C extends Loaded>(
  cases: readonly C[],
  { rounds, seconds, core, until }: RoundPlan,
): Promise<readonly Measured<C>[]> {
  const measured = cases.map((each) => ({ case: each, loads: new Array<CostlyLoad>() }));
  for (let round = 0; round < rounds; round++) {
    for (const { case: each, loads } of rotated(measured, round)) {
      if (performance.now() > until) return measured;
      const before = cpuMicros(each.server.pid);
      const load = await runLoad({ ...each, seconds, core });
      loads.push({ ...load, cpuUs: (cpuMicros(each.server.pid) - before) / load.requests });
    }
  }
  return measured;
}

/** The medians of the rounds, the least CPU time, and errors of all. Times are microseconds. */
export interface LoadFigures {
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUs: number;
  readonly cpuUsMin: number;
  readonly errors: number;
}

export function figuresOf(loads: readonly CostlyLoad[]): LoadFigures {
  const middle = (figure: (load: CostlyLoad) => number): number => rounded(median(loads.map(figure)));
  return {
    requestsPerSecond: middle(({ requests, micros }) => (requests * 1e6) / micros),
    p50Us: middle(({ p50 }) => p50),
    p99Us: middle(({ p99 }) => p99),
    cpuUs: middle(({ cpuUs }) => cpuUs),
    cpuUsMin: rounded(minimum(loads.map(({ cpuUs }) => cpuUs))),
    errors: loads.reduce((sum, { errors }) => sum + errors, 0),
  };
}
