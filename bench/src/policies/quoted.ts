/**
 * Kubewarden's policy-server 1.36.0-beta.1, quoted from a measurement on another machine of two cores: two workers, level
 * info, a review of 3,974 bytes, keep-alive. Its Gatekeeper policy accepts whatever it is asked, which costs it less than
 * ours. These figures show the order of size; only what is measured in the same run compares.
 */
export interface Quoted {
  readonly policy: string;
  readonly tls: boolean;
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly p99Us: number;
  readonly cpuUs: number;
}

const rows: readonly (readonly [string, boolean, number, number, number, number])[] = [
  ['gatekeeper', false, 1, 2159, 601, 418],
  ['gatekeeper', false, 8, 3639, 3450, 403],
  ['gatekeeper', false, 64, 3337, 23_700, 438],
  ['waPC Rust', false, 1, 2015, 622, 449],
  ['waPC Rust', false, 8, 3167, 3750, 463],
  ['waPC Rust', false, 64, 3043, 25_600, 482],
  ['WASI Go', false, 1, 511, 2410, 1934],
  ['WASI Go', false, 8, 667, 16_800, 2317],
  ['WASI Go', false, 64, 651, 107_000, 2350],
  ['gatekeeper', true, 1, 2124, 649, 432],
  ['gatekeeper', true, 8, 3500, 3730, 411],
  ['gatekeeper', true, 64, 3389, 23_100, 425],
  ['waPC Rust', true, 1, 1919, 706, 480],
  ['waPC Rust', true, 8, 3065, 4060, 478],
  ['waPC Rust', true, 64, 2825, 28_700, 497],
  ['WASI Go', true, 1, 511, 2300, 1886],
  ['WASI Go', true, 8, 675, 16_500, 2315],
  ['WASI Go', true, 64, 695, 98_600, 2164],
  // Level warn.
  ['OPA', false, 8, 3743, 3290, 386],
  ['OPA', false, 64, 3583, 21_900, 402],
];

/** Policies of ours that do the work of one that was measured: theirs starts anew for each request, so warming up would only cost it. */
const SAME_WORK: Readonly<Record<string, string>> = { 'WASI Go warm': 'WASI Go' };

/** What is quoted for this load; undefined where nothing was measured. */
export function quotedFor(load: Pick<Quoted, 'policy' | 'tls' | 'connections'>): Quoted | undefined {
  const wanted = SAME_WORK[load.policy] ?? load.policy;
  const row = rows.find(
    ([policy, tls, connections]) => policy === wanted && tls === load.tls && connections === load.connections,
  );
  if (!row) return undefined;
  const [policy, tls, connections, requestsPerSecond, p99Us, cpuUs] = row;
  return { policy, tls, connections, requestsPerSecond, p99Us, cpuUs };
}
