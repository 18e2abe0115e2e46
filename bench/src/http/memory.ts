import type { MemoryRow } from '../report.ts';
import { rounded } from '../statistics.ts';
import type { Case } from './case.ts';
import { runLoad } from './load.ts';
import { residentMiB } from './process-stat.ts';
import type { Placement, TestServer } from './servers.ts';

const SLICE_SECONDS = 2;
/** A server that is so slow gets fewer requests. */
const LONGEST_MS = 60_000;
const CONNECTIONS = 8;

/** What the fresh servers hold before any load, and after so many requests of the first case's gate. */
export async function measureMemory(
  servers: readonly TestServer[],
  place: Placement,
  cases: readonly Case[],
  atLeast: number,
): Promise<readonly MemoryRow[]> {
  const rows: MemoryRow[] = [];
  for (const server of servers) {
    const load = cases.find((each) => each.server === server && each.connections === CONNECTIONS);
    if (!load) continue;
    const restMiB = rounded(residentMiB(server.pid));
    const until = performance.now() + LONGEST_MS;
    let requests = 0;
    while (requests < atLeast && performance.now() < until) {
      requests += (await runLoad({ ...load, seconds: SLICE_SECONDS, core: place.loadCore })).requests;
    }
    const afterMiB = rounded(residentMiB(server.pid));
    rows.push({ suite: 'memory', placement: place.name, variant: server.variant, requests, restMiB, afterMiB });
  }
  return rows;
}
