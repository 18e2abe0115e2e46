import type { Machine } from './machine.ts';
import type { LoadFigures } from './http/rounds.ts';
import { fairnessTable, neighboursTable, policiesTable, startupTable } from './policies/tables.ts';
import { formatTable } from './table.ts';
import { rounded } from './statistics.ts';

export type EngineVariant = 'ostiary' | 'fresh' | 'wasmtime' | 'wazero';

/** What one guest costs in one host. Times are microseconds per call. */
export interface EngineRow {
  readonly suite: 'engine';
  readonly guest: string;
  readonly variant: EngineVariant;
  /** Wall time: the median of the rounds. */
  readonly us: number;
  readonly usMin: number;
  /** CPU time of all threads of the host's process: the median and the least of the rounds. */
  readonly cpuUs: number;
  readonly cpuUsMin: number;
  readonly callsPerSecond: number;
}

/** `busy echo`: the floor, computing at each request for as long as the gate's module takes alone. */
export type HttpVariant = 'ostiary' | 'echo' | 'busy echo';

/** What one gate does under one load. Times are microseconds. */
export interface HttpRow {
  readonly suite: 'http';
  /** How the server was placed: on a core of its own, or wherever the system puts it. */
  readonly placement: string;
  readonly gate: string;
  readonly variant: HttpVariant;
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU time of all threads of the server per request: the median of the rounds. */
  readonly cpuUs: number;
  /** The least of the rounds. */
  readonly cpuUsMin: number;
  /** CPU time of the gate's module alone, in a warm guest; 0 for the floor. */
  readonly moduleUs: number;
  /** Answers other than 200 and broken connections, of all rounds. */
  readonly errors: number;
}

export interface MemoryRow {
  readonly suite: 'memory';
  readonly placement: string;
  readonly variant: 'ostiary' | 'echo';
  readonly requests: number;
  readonly restMiB: number;
  readonly afterMiB: number;
}

/** What one policy does under one load. Times are microseconds. */
export interface PolicyRow extends LoadFigures {
  readonly suite: 'policies';
  readonly placement: string;
  /** `echo` for the floor. */
  readonly policy: string;
  readonly variant: 'ostiary' | 'echo';
  readonly tls: boolean;
  readonly connections: number;
}

/** What a server takes until it listens. */
export interface StartupRow {
  readonly suite: 'startup';
  readonly policies: string;
  readonly variant: 'ostiary';
  readonly readyMs: number;
  /** Of all threads, when it listens and some seconds later. */
  readonly cpuSeconds: number;
  readonly settledCpuSeconds: number;
  readonly readyMiB: number;
  readonly settledMiB: number;
}

/** What a policy's requests notice of a neighbour. Times are microseconds. */
export interface NeighbourRow {
  readonly suite: 'neighbours';
  readonly variant: 'ostiary';
  readonly neighbour: string;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly errors: number;
}

/** What two ways to keep a slow guest from holding up others cost. */
export interface FairnessRow {
  readonly suite: 'fairness';
  readonly variant: 'repeat' | 'suspend';
  /** A call of a guest that does next to nothing, in microseconds: the least of the rounds. */
  readonly callUs: number;
  /** How long another request waits on average while slow ones are answered, in milliseconds: the median of the rounds. */
  readonly waitMs: number;
}

export type Row = EngineRow | HttpRow | MemoryRow | PolicyRow | StartupRow | NeighbourRow | FairnessRow;

export interface Report {
  readonly machine: Machine;
  readonly rows: readonly Row[];
  /** What was not measured, and why. */
  readonly leftOut: readonly string[];
  /** What did not work, wrong answers above all: the figures must not be believed. */
  readonly failures: readonly string[];
}

/** The report as a person reads it. */
export function formatReport({ machine, rows, leftOut, failures }: Report): string {
  const { cpu, cores, node, date, load } = machine;
  const parts = [`${cpu}, ${cores} cores, Node ${node}, ${date}, load before the run ${load}`];
  const engine = rows.filter((row) => row.suite === 'engine');
  const http = rows.filter((row) => row.suite === 'http');
  const memory = rows.filter((row) => row.suite === 'memory');
  if (engine.length > 0) parts.push(engineTable(engine));
  if (http.length > 0) parts.push(httpTable(http));
  if (memory.length > 0) parts.push(memoryTable(memory));
  const policies = rows.filter((row) => row.suite === 'policies');
  const startup = rows.filter((row) => row.suite === 'startup');
  if (policies.length > 0) parts.push(policiesTable(policies));
  const fairness = rows.filter((row) => row.suite === 'fairness');
  if (fairness.length > 0) parts.push(fairnessTable(fairness));
  const neighbours = rows.filter((row) => row.suite === 'neighbours');
  if (neighbours.length > 0) parts.push(neighboursTable(neighbours));
  if (startup.length > 0) parts.push(startupTable(startup));
  if (leftOut.length > 0) parts.push(['Left out:', ...leftOut.map((line) => `- ${line}`)].join('\n'));
  if (failures.length > 0) parts.push(['FAILED:', ...failures.map((line) => `- ${line}`)].join('\n'));
  return `${parts.join('\n\n')}\n`;
}

const ENGINE_HEADER = ['guest', 'variant', 'µs/call', 'least', 'CPU µs', 'least', 'calls/s', 'times ostiary'];

function engineTable(rows: readonly EngineRow[]): string {
  const lines = rows.map((row) => {
    const own = rows.find(({ guest, variant }) => guest === row.guest && variant === 'ostiary');
    const ratio = own ? `${rounded(row.us / own.us)} (CPU ${rounded(row.cpuUs / own.cpuUs)})` : '';
    const times = [row.us, row.usMin, row.cpuUs, row.cpuUsMin].map(String);
    return [row.guest, row.variant, ...times, String(row.callsPerSecond), ratio];
  });
  return formatTable(ENGINE_HEADER, lines);
}

const HTTP_HEADER = [
  'placement',
  'gate',
  'server',
  'c',
  'req/s',
  'p50 µs',
  'p99 µs',
  'CPU µs/req',
  'least',
  'module',
  'added',
  'errors',
];

function httpTable(rows: readonly HttpRow[]): string {
  const lines = rows.map((row) => {
    const floor = rows.find((other) => other.variant === 'busy echo' && sameLoad(other, row));
    const own = row.variant === 'ostiary';
    // What the server adds to the floor and to its module's own run.
    const added = own && floor ? String(rounded(row.cpuUs - floor.cpuUs)) : '';
    const figures = [row.connections, row.requestsPerSecond, row.p50Us, row.p99Us, row.cpuUs, row.cpuUsMin].map(String);
    return [
      row.placement,
      row.gate,
      row.variant,
      ...figures,
      own ? String(row.moduleUs) : '',
      added,
      String(row.errors),
    ];
  });
  return formatTable(HTTP_HEADER, lines);
}

function sameLoad(a: HttpRow, b: HttpRow): boolean {
  return a.placement === b.placement && a.gate === b.gate && a.connections === b.connections;
}

function memoryTable(rows: readonly MemoryRow[]): string {
  const header = ['placement', 'server', 'MiB at rest', 'MiB after', 'requests'];
  return formatTable(
    header,
    rows.map((row) => [row.placement, row.variant, ...[row.restMiB, row.afterMiB, row.requests].map(String)]),
  );
}
