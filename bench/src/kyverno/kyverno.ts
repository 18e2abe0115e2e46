/**
 * What a request costs a policy with Kyverno's engine, in the sandbox with its snapshot and without:
 * `node bench/src/kyverno/kyverno.ts [<module> [<input>]]`. The module is that of `node conformance/src/build.ts --kyverno`; an
 * input is named by a part of its name. It does not go through the engine suite: a fresh instance takes longer than the deadline that is the default there.
 */
import { compileGuest, createControl, createGuest, type Control, type Guest } from '@ostiary/sandbox';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { median, minimum, rounded } from '../statistics.ts';
import { kyvernoInputs } from './inputs.ts';

const MODULE = fileURLToPath(new URL('../../../conformance/build/go-kyverno/kyverno.wasm', import.meta.url));
const TIMEOUT_MS = 60_000;
const MEMORY_BYTES = 256 * 1024 * 1024;

/** Calls that count, after those that don't: V8 compiles code better as it is used, but nobody waits for fresh instances. */
const VARIANTS = [
  { name: 'ostiary', snapshot: 'dirty-map', warmCalls: 300, calls: 200 },
  { name: 'fresh', snapshot: 'none', warmCalls: 1, calls: 4 },
] as const;

async function startTicker(control: Control): Promise<Worker> {
  const worker = new Worker(new URL('../engine/ticker-thread.ts', import.meta.url), { workerData: control.memory });
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  return worker;
}

function timeCall(guest: Guest, input: Uint8Array): { readonly wall: number; readonly cpu: number } {
  const before = process.cpuUsage();
  const started = performance.now();
  const outcome = guest.call('validate', [input]);
  const wall = performance.now() - started;
  if (!outcome.ok) throw new Error(`${outcome.failure.message} ${outcome.failure.stderr}`.trim());
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1000 };
}

/** Some inputs take half a second a call: then fewer calls have to do. */
const CALLS_LIMIT_MS = 10_000;

function timeCalls(guest: Guest, input: Uint8Array, calls: number): ReturnType<typeof timeCall>[] {
  const ends = performance.now() + CALLS_LIMIT_MS;
  const timings = [timeCall(guest, input)];
  while (timings.length < calls && performance.now() < ends) timings.push(timeCall(guest, input));
  return timings;
}

function measureVariant(
  module: string,
  input: Uint8Array,
  control: Control,
  variant: (typeof VARIANTS)[number],
): string {
  const started = performance.now();
  const options = { abi: 'wasi-command', operations: ['validate'], memoryBytes: MEMORY_BYTES } as const;
  const image = compileGuest(readFileSync(module), { ...options, snapshot: variant.snapshot });
  const guest = createGuest(image, { control, timeoutMs: TIMEOUT_MS });
  timeCall(guest, input);
  const ready = Math.round(performance.now() - started);
  timeCalls(guest, input, variant.warmCalls);
  const timings = timeCalls(guest, input, variant.calls);
  const wall = timings.map((timing) => timing.wall);
  const cpu = rounded(median(timings.map((timing) => timing.cpu)));
  return `first answer ${ready} ms; a call ${rounded(median(wall))} ms, least ${rounded(minimum(wall))}, CPU ${cpu}`;
}

async function main(module: string, part: string): Promise<void> {
  if (!existsSync(module)) throw new Error(`${module} is not there: node conformance/src/build.ts --kyverno builds it`);
  console.log(`module: ${(statSync(module).size / 1e6).toFixed(1)} MB`);
  const control = createControl();
  const ticker = await startTicker(control);
  try {
    for (const [name, text] of kyvernoInputs()) {
      if (!name.includes(part)) continue;
      for (const variant of VARIANTS) {
        console.log(
          `${name}, ${variant.name}: ${measureVariant(module, new TextEncoder().encode(text), control, variant)}`,
        );
      }
    }
  } finally {
    await ticker.terminate();
  }
}

await main(process.argv[2] ?? MODULE, process.argv[3] ?? '');
