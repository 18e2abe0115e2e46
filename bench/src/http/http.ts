import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SuiteResult } from '../engine/engine.ts';
import type { HttpRow, MemoryRow } from '../report.ts';
import { rounded } from '../statistics.ts';
import type { Case } from './case.ts';
import { GATES, type Answer } from './gates.ts';
import { runLoad } from './load.ts';
import { measureMemory } from './memory.ts';
import { moduleMicros } from './own-time.ts';
import { figuresOf, measureRounds, type Measured } from './rounds.ts';
import { post, startEcho, startOstiary, type Placement, type TestServer } from './servers.ts';

/** How much is measured. */
export interface HttpPlan {
  readonly rounds: number;
  /** Of load in each round. */
  readonly seconds: number;
  /** Memory is read before and after so many requests; not at all when 0. */
  readonly memoryRequests: number;
  /** Every placement, and every gate with each number of connections. */
  readonly full: boolean;
}

export interface HttpOptions {
  readonly plan: HttpPlan;
  /** No further measurement is begun after this time of {@link performance.now}. */
  readonly until: number;
  readonly progress: (text: string) => void;
}

type Result = SuiteResult<HttpRow | MemoryRow>;

const CONNECTIONS = [1, 8, 64];
const QUICK_CONNECTIONS = 8;
const VARIANTS = ['ostiary', 'busy echo', 'echo'] as const;

/** The gates of `ostiary serve` and a floor under the same load, in turns. */
export async function httpSuite(options: HttpOptions): Promise<Result> {
  if (process.platform !== 'linux') return skipped('http: CPU time is read from /proc, which only Linux has');
  if (!isInstalled('wrk')) return skipped('http: wrk is not installed');
  const { places, leftOut } = placements(options.plan);
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-bench-'));
  const rows: (HttpRow | MemoryRow)[] = [];
  const failures: string[] = [];
  try {
    const moduleTimes = await moduleTimesOf(folder);
    for (const place of places) {
      const result = await measurePlacement(place, folder, moduleTimes, options);
      rows.push(...result.rows);
      leftOut.push(...result.leftOut);
    }
  } catch (error) {
    failures.push(`http: ${(error as Error).message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { rows, leftOut, failures };
}

function skipped(reason: string): Result {
  return { rows: [], leftOut: [reason], failures: [] };
}

export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version']).error === undefined;
}

function placements({ full }: HttpPlan): { places: readonly Placement[]; leftOut: string[] } {
  const pinned = { name: '1 thread, pinned', threads: 1, serverCore: 0, loadCore: 1 };
  const free = { name: '2 threads, free', threads: 2, serverCore: undefined, loadCore: undefined };
  const canPin = availableParallelism() >= 2 && isInstalled('taskset');
  const first = canPin ? pinned : { ...free, name: '1 thread, free', threads: 1 };
  const leftOut = canPin ? [] : ['http: servers are not kept to a core: there is one core only, or no taskset'];
  if (full) return { places: [first, free], leftOut };
  const less =
    'http: two threads, memory, and most numbers of connections (npm run bench without --quick measures them)';
  return { places: [first], leftOut: [...leftOut, less] };
}

async function moduleTimesOf(folder: string): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  for (const gate of GATES) times.set(gate.name, await moduleMicros(gate, folder));
  return times;
}

async function measurePlacement(
  place: Placement,
  folder: string,
  moduleTimes: ReadonlyMap<string, number>,
  options: HttpOptions,
): Promise<Result> {
  options.progress(`http: ${place.name}`);
  const servers: TestServer[] = [];
  try {
    // The first makes the certificate that the second uses.
    servers.push(await startOstiary(place, folder));
    servers.push(await startEcho(place, folder));
    const cases = await casesOf(servers, folder, moduleTimes, options.plan);
    const { plan, until } = options;
    const memory = plan.memoryRequests === 0 ? [] : await measureMemory(servers, place, cases, plan.memoryRequests);
    const measured = await measureCases(cases, place, plan, until);
    const done = measured.filter(({ loads }) => loads.length > 0);
    const missing = measured.length - done.length;
    const leftOut = missing === 0 ? [] : [`http: ${missing} measurements of "${place.name}": there was no time left`];
    return { rows: [...done.map((each) => rowOf(each, place, moduleTimes)), ...memory], leftOut, failures: [] };
  } finally {
    for (const server of servers) await server.stop();
  }
}

/**
 * Gates and loads, each for every server; the floor answers with as many bytes as the gate does. With as much computing as
 * the module's, it leaves the load generator as idle as the gate does: waking it costs the system more than writing to it.
 */
async function casesOf(
  servers: readonly TestServer[],
  folder: string,
  moduleTimes: ReadonlyMap<string, number>,
  { full }: HttpPlan,
): Promise<readonly Case[]> {
  const cases: Case[] = [];
  for (const gate of GATES) {
    const bodyFile = join(folder, `${gate.name}.json`);
    writeFileSync(bodyFile, gate.body);
    const answer = await post(servers[0]!.port, `/${gate.name}`, gate.body);
    if (!gate.isRight(JSON.parse(answer) as Answer)) throw new Error(`/${gate.name} gave a wrong answer: ${answer}`);
    const echoed = String(Buffer.byteLength(answer));
    const paths = { ostiary: gate.name, 'busy echo': `${echoed}/${moduleTimes.get(gate.name)}`, echo: echoed };
    for (const connections of full || gate === GATES[0] ? CONNECTIONS : [QUICK_CONNECTIONS]) {
      for (const variant of VARIANTS) {
        if (variant === 'echo' && !full) continue;
        const server = servers.find((each) => variant.endsWith(each.variant))!;
        const url = `https://127.0.0.1:${server.port}/${paths[variant]}`;
        cases.push({ server, variant, gate, url, bodyFile, connections });
      }
    }
  }
  return cases;
}

async function measureCases(
  cases: readonly Case[],
  { loadCore: core }: Placement,
  { rounds, seconds }: HttpPlan,
  until: number,
): Promise<readonly Measured<Case>[]> {
  // So that code is hot before anything counts.
  for (const each of cases.filter(({ connections }) => connections === QUICK_CONNECTIONS)) {
    if (rounds > 1 || each.gate === GATES[0]) await runLoad({ ...each, seconds: 1, core });
  }
  return measureRounds(cases, { rounds, seconds, core, until });
}

function rowOf(
  { case: { variant, gate, connections }, loads }: Measured<Case>,
  place: Placement,
  moduleTimes: ReadonlyMap<string, number>,
): HttpRow {
  return {
    suite: 'http',
    placement: place.name,
    gate: gate.name,
    variant,
    connections,
    ...figuresOf(loads),
    moduleUs: variant === 'ostiary' ? rounded(moduleTimes.get(gate.name) ?? Number.NaN) : 0,
  };
}
