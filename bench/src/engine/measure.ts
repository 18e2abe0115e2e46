import { callsPerRound, median, minimum, rotated, rounded } from '../statistics.ts';
import type { Peer, Timing } from './peer.ts';

/** How much is measured. Times are milliseconds, per variant. */
export interface Plan {
  /** Calls before anything counts, so that code is hot: V8 compiles Go code better after about 500 calls, Rust after 1000. */
  readonly warmCalls: number;
  /** Warming ends here although there were fewer calls. */
  readonly warmMs: number;
  readonly rounds: number;
  readonly roundMs: number;
}

export interface Measured {
  readonly us: number;
  readonly usMin: number;
  readonly cpuUs: number;
  readonly cpuUsMin: number;
  readonly callsPerSecond: number;
}

/** Measures variants in turns: what disturbs the machine for a while disturbs all of them. */
export async function measure(peers: readonly Peer[], plan: Plan): Promise<readonly Measured[]> {
  const rounds = [];
  for (const peer of peers) {
    const calls = callsPerRound(await warm(peer, plan), plan.roundMs);
    rounds.push({ peer, calls, wall: new Array<number>(), cpu: new Array<number>() });
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const { peer, calls, wall, cpu } of rotated(rounds, round)) {
      const { wallMicros, cpuMicros } = await peer.run(calls);
      wall.push(wallMicros / calls);
      cpu.push(cpuMicros / calls);
    }
  }
  return rounds.map(({ wall, cpu }) => summary(wall, cpu));
}

function summary(wall: readonly number[], cpu: readonly number[]): Measured {
  const us = median(wall);
  return {
    us: rounded(us),
    usMin: rounded(minimum(wall)),
    cpuUs: rounded(median(cpu)),
    cpuUsMin: rounded(minimum(cpu)),
    callsPerSecond: rounded(1e6 / us),
  };
}

/** Calls the guest until its code is hot; gives what one call takes by then, in microseconds. */
async function warm(peer: Peer, plan: Plan): Promise<number> {
  let calls = 0;
  let micros = 0;
  let batch = 1;
  for (;;) {
    const { wallMicros }: Timing = await peer.run(batch);
    calls += batch;
    micros += wallMicros;
    const left = plan.warmMs * 1000 - micros;
    if (left <= 0 || calls >= plan.warmCalls) return wallMicros / batch;
    const perCall = Math.max(1, wallMicros / batch);
    batch = Math.max(1, Math.min(plan.warmCalls - calls, batch * 4, Math.ceil(left / perCall)));
  }
}
