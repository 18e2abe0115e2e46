import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, digestOfFile } from '../cache.ts';
import type { EngineRow, EngineVariant } from '../report.ts';
import { benchGuests, isRefusal, whyMissing, type BenchGuest } from './guests.ts';
import { measure, type Plan } from './measure.ts';
import { startPeer, type Peer } from './peer.ts';

export interface EngineOptions {
  readonly plan: Plan;
  /** The hosts that can be run, and the program of each peer. */
  readonly peers: ReadonlyMap<'wasmtime' | 'wazero', string>;
  /** Only guests whose name contains one of these; all when there are none. */
  readonly only: readonly string[];
  /** No further guest is begun after this time of {@link performance.now}. */
  readonly until: number;
  readonly progress: (text: string) => void;
}

export interface SuiteResult<R> {
  readonly rows: readonly R[];
  readonly leftOut: readonly string[];
  readonly failures: readonly string[];
}

const SANDBOX_PEER = fileURLToPath(new URL('sandbox-peer.ts', import.meta.url));
/** Compiling a Go module takes wasmtime up to half a minute on a busy machine. */
const LINE_TIMEOUT_MS = 120_000;

/** The same guests with the same input in each host, guest after guest. */
export async function engineSuite(options: EngineOptions): Promise<SuiteResult<EngineRow>> {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-bench-'));
  const rows: EngineRow[] = [];
  const leftOut: string[] = [];
  const failures: string[] = [];
  try {
    for (const guest of benchGuests()) {
      if (options.only.length > 0 && !options.only.some((part) => guest.name.includes(part))) continue;
      const reason = whyMissing(guest) ?? (performance.now() > options.until ? 'there was no time left' : undefined);
      if (reason !== undefined) {
        leftOut.push(`${guest.name}: ${reason}`);
        continue;
      }
      options.progress(`engine: ${guest.name}`);
      const result = await measureGuest(guest, folder, options);
      rows.push(...result.rows);
      failures.push(...result.failures);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { rows, leftOut, failures };
}

async function measureGuest(
  guest: BenchGuest,
  folder: string,
  options: EngineOptions,
): Promise<SuiteResult<EngineRow>> {
  const input = join(folder, `${guest.name}.json`);
  writeFileSync(input, guest.input);
  const failures: string[] = [];
  const started: { readonly variant: EngineVariant; readonly peer: Peer }[] = [];
  try {
    for (const [variant, command, ...args] of commands(guest, input, options.peers)) {
      try {
        started.push({ variant, peer: await startPeer({ command, args, timeoutMs: LINE_TIMEOUT_MS }) });
      } catch (error) {
        failures.push(`${guest.name} in ${variant}: ${(error as Error).message}`);
      }
    }
    failures.push(...wrongAnswers(guest, started));
    const measured = await measure(
      started.map(({ peer }) => peer),
      options.plan,
    );
    const rows = started.map(({ variant }, index) => ({
      suite: 'engine' as const,
      guest: guest.name,
      variant,
      ...measured[index]!,
    }));
    return { rows, leftOut: [], failures };
  } catch (error) {
    return { rows: [], leftOut: [], failures: [...failures, `${guest.name}: ${(error as Error).message}`] };
  } finally {
    for (const { peer } of started) peer.close();
  }
}

type VariantCommand = readonly [EngineVariant, string, ...string[]];

function commands(guest: BenchGuest, input: string, peers: EngineOptions['peers']): readonly VariantCommand[] {
  const call = [guest.file, guest.abi, guest.operation, input];
  const data = guest.data === undefined ? [] : [guest.data];
  const own = (variant: EngineVariant): VariantCommand => [
    variant,
    process.execPath,
    SANDBOX_PEER,
    ...call,
    variant,
    ...data,
  ];
  const others = [...peers].map(([name, program]): VariantCommand => [
    name,
    program,
    ...call,
    codeCache(name, guest, program),
    ...data,
  ]);
  return [own('ostiary'), own('fresh'), ...others];
}

/** Where a peer keeps the machine code of a guest: wasmtime a file, wazero a folder. */
function codeCache(peer: string, { name, file }: BenchGuest, program: string): string {
  const folder = join(cacheFolder(), 'code', peer);
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}-${digestOfFile(file)}-${digestOfFile(program)}`);
}

/** Every host must give the same bytes, and they must refuse the pod. */
function wrongAnswers(
  guest: BenchGuest,
  started: readonly { readonly variant: string; readonly peer: Peer }[],
): string[] {
  const [first] = started;
  if (!first) return [];
  const refusal = isRefusal(first.peer.answer) ? [] : [`${guest.name} in ${first.variant}: the answer is no refusal`];
  const different = started
    .filter(({ peer }) => Buffer.compare(peer.answer, first.peer.answer) !== 0)
    .map(({ variant }) => `${guest.name}: ${variant} answers otherwise than ${first.variant}`);
  return [...refusal, ...different];
}
