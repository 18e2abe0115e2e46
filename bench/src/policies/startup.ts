import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SuiteResult } from '../engine/engine.ts';
import { cpuMicros, residentMiB } from '../http/process-stat.ts';
import { startServe, type Placement } from '../http/servers.ts';
import type { StartupRow } from '../report.ts';
import { median, rounded } from '../statistics.ts';
import { variant } from './annotate.ts';
import { moduleOf, type Subject } from './subjects.ts';

export interface StartupPlan {
  /** How often each is started; 0: not at all. */
  readonly rounds: number;
  /** Only the one with many different modules. */
  readonly manyOnly: boolean;
}

interface StartupOptions {
  /** Nothing further is started after this time of {@link performance.now}. */
  readonly until: number;
  readonly progress: (text: string) => void;
}

const MANY = 50;
const PLACE: Placement = { name: '2 threads, free', threads: 2, serverCore: undefined, loadCore: undefined };
/** What goes on after readiness is done by then. */
const SETTLED_AFTER_MS = 3000;

/** What a server with these policies takes until it listens, and holds then. */
export async function measureStartups(
  present: readonly Subject[],
  folder: string,
  plan: StartupPlan,
  { until, progress }: StartupOptions,
): Promise<SuiteResult<StartupRow>> {
  const rows: StartupRow[] = [];
  const leftOut: string[] = [];
  if (plan.rounds === 0) return { rows, leftOut, failures: [] };
  const program = bundled(folder);
  for (const { name, entries } of configurations(present, folder, plan)) {
    if (performance.now() > until) {
      leftOut.push(`start-up with ${name}: there was no time left`);
      continue;
    }
    progress(`start-up: ${name}`);
    const file = join(folder, 'startup.yml');
    writeFileSync(file, JSON.stringify(entries));
    rows.push(await measureStartup(name, file, program, plan.rounds));
  }
  return { rows, leftOut, failures: [] };
}

const BUNDLE = fileURLToPath(new URL('../../../scripts/bundle.ts', import.meta.url));

/** The program as users install it: in its sources it starts a fifth of a second later. */
function bundled(folder: string): string {
  const target = join(folder, 'package');
  execFileSync(process.execPath, [BUNDLE, target], { stdio: 'ignore' });
  return join(target, 'bin/ostiary.js');
}

interface Configuration {
  readonly name: string;
  readonly entries: object;
}

function configurations(present: readonly Subject[], folder: string, { manyOnly }: StartupPlan): Configuration[] {
  const few = present.map((subject): Configuration => ({
    name: `1 ${subject.name}`,
    entries: { policy: entryOf(subject, folder, 'single') },
  }));
  const wapc = present.find(({ mode }) => mode === 'kubewarden-wapc');
  const numbers = Array.from({ length: MANY }, (_, number) => number);
  const many = (name: string, entry: (number: number) => object): Configuration => ({
    name,
    entries: Object.fromEntries(numbers.map((number) => [`policy-${number}`, entry(number)])),
  });
  const different = wapc
    ? [many(`${MANY} different modules of ${wapc.name}`, (number) => entryOf(wapc, folder, String(number), number))]
    : [];
  if (manyOnly || !wapc) return different;
  const one = many(`${MANY} of one module of ${wapc.name}`, () => entryOf(wapc, folder, 'one'));
  return [{ name: 'none', entries: {} }, ...few, one, ...different];
}

function entryOf(subject: Subject, folder: string, label: string, number?: number): object {
  const file = join(folder, `startup-${subject.mode}-${label}.wasm`);
  const module = moduleOf(subject);
  writeFileSync(file, number === undefined ? module : variant(module, number));
  return { module: `file://${file}`, settings: subject.settings };
}

async function measureStartup(policies: string, file: string, program: string, rounds: number): Promise<StartupRow> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++) samples.push(await startOnce(file, program));
  const middle = (figure: (sample: Sample) => number): number => rounded(median(samples.map(figure)));
  return {
    suite: 'startup',
    policies,
    variant: 'ostiary',
    readyMs: middle(({ readyMs }) => readyMs),
    cpuSeconds: middle(({ cpu }) => cpu / 1e6),
    readyMiB: middle(({ readyMiB }) => readyMiB),
    settledCpuSeconds: middle(({ settledCpu }) => settledCpu / 1e6),
    settledMiB: middle(({ settledMiB }) => settledMiB),
  };
}

type Sample = Readonly<Record<'readyMs' | 'cpu' | 'readyMiB' | 'settledCpu' | 'settledMiB', number>>;

async function startOnce(file: string, program: string): Promise<Sample> {
  const started = performance.now();
  const server = await startServe(PLACE, ['--policies', file, '--plain-http'], program);
  try {
    const readyMs = performance.now() - started;
    const [cpu, readyMiB] = [cpuMicros(server.pid), residentMiB(server.pid)];
    await delay(SETTLED_AFTER_MS);
    return { readyMs, cpu, readyMiB, settledCpu: cpuMicros(server.pid), settledMiB: residentMiB(server.pid) };
  } finally {
    await server.stop();
  }
}
