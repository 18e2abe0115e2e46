import { formatBytes, formatMicros, table } from '../output/text.ts';
import type { Style } from '../output/style.ts';
import { isObject, memberAt } from '../request/value.ts';
import type { JsonValue } from '@ostiary/policy';
import type { Statistics } from './statistics.ts';

/** What a bench found out; as it is written with `-o json`. */
export interface BenchResult {
  readonly policy: string;
  readonly digest: string;
  /** Of the module, in bytes. */
  readonly moduleBytes: number;
  /** Checking, rewriting and compiling, in milliseconds. */
  readonly compileMs: number;
  /** Making the first instance, in milliseconds. */
  readonly startMs: number;
  /** Linear memory between calls, snapshot included, in bytes. */
  readonly heldBytes: number;
  readonly loops: readonly Statistics[];
}

const FULL = ['p50', 'p90', 'p99', 'max', 'per second', 'runs'];
/** Beside the columns of a comparison, 80 columns have no room for more. */
const SHORT = ['p50', 'p90', 'p99', 'per second'];

/** The result as a person reads it; ends with a newline. */
export function benchText(result: BenchResult, before: BenchResult | undefined, style: Style): string {
  const facts = [
    `module ${formatBytes(result.moduleBytes)}`,
    `compiled in ${formatMicros(result.compileMs * 1000)}`,
    `started in ${formatMicros(result.startMs * 1000)}`,
    `holds ${formatBytes(result.heldBytes)}`,
  ];
  const columns = [
    { title: '' },
    ...(before ? SHORT : FULL).map((title) => ({ title, align: 'right' }) as const),
    ...(before ? [{ title: 'p50 before', align: 'right' } as const, { title: 'change', align: 'right' } as const] : []),
  ];
  const rows = result.loops.map((loop) => [
    loop.name,
    ...[loop.p50, loop.p90, loop.p99].map(formatMicros),
    ...(before ? [] : [formatMicros(loop.max)]),
    Math.round(loop.perSecond).toLocaleString('en'),
    ...(before ? [] : [String(loop.samples)]),
    ...(before ? comparison(loop, before, style) : []),
  ]);
  return `${facts.join(', ')}\n\n${table(columns, rows)}\n`;
}

/** Differences below this are noise on most machines. */
const NOISE = 0.05;

function comparison(loop: Statistics, before: BenchResult, style: Style): readonly string[] {
  const old = before.loops.find(({ name }) => name === loop.name);
  if (!old || old.p50 === 0) return ['', ''];
  const change = loop.p50 / old.p50 - 1;
  const text = `${change > 0 ? '+' : ''}${(change * 100).toFixed(1)}%`;
  const meaning = Math.abs(change) < NOISE ? 'faint' : change > 0 ? 'bad' : 'good';
  return [formatMicros(old.p50), style(meaning, text)];
}

/** By how much the slowest loop is slower than before, as a share of what it was; 0 when none is. */
export function regressionOf(result: BenchResult, before: BenchResult): number {
  const changes = result.loops.map((loop) => {
    const old = before.loops.find(({ name }) => name === loop.name);
    return old && old.p50 > 0 ? loop.p50 / old.p50 - 1 : 0;
  });
  return Math.max(0, ...changes);
}

/** A result that was written before; undefined when it is none. */
export function readBenchResult(value: JsonValue): BenchResult | undefined {
  const loops = memberAt(value, 'loops');
  if (!Array.isArray(loops) || !loops.every(isStatistics)) return undefined;
  return JSON.parse(JSON.stringify(value)) as BenchResult;
}

function isStatistics(value: JsonValue): boolean {
  if (!isObject(value) || typeof value['name'] !== 'string') return false;
  const plain = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  return ['p50', 'p90', 'p99', 'max', 'perSecond', 'samples'].every((name) => typeof plain[name] === 'number');
}
