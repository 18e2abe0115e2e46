/**
 * The sandbox in the place of a peer: `node sandbox-peer.ts <module> <abi> <operation> <input file> <ostiary|fresh> [<data>]`, with
 * the conversation of {@link file://./peer.ts}. A process of its own, so that nothing another variant leaves to the
 * garbage collector is counted here, and CPU times are told apart.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { compileGuest, createControl, createGuest, type AbiName, type Control, type Guest } from '@ostiary/sandbox';
import { LIMITS } from './limits.ts';

interface Subject {
  readonly file: string;
  readonly abi: AbiName;
  readonly operation: string;
  readonly variant: string;
  /** Of Rego modules: the data document. */
  readonly data: string | undefined;
}

function makeGuest({ file, abi, operation, variant, data }: Subject, control: Control): Guest {
  const options = { abi, operations: [operation], memoryBytes: LIMITS.memoryBytes };
  const image = compileGuest(readFileSync(file), variant === 'fresh' ? { ...options, snapshot: 'none' } : options);
  const document = data === undefined ? undefined : { version: 1, bytes: new TextEncoder().encode(data) };
  return createGuest(image, {
    control,
    timeoutMs: LIMITS.timeoutMs,
    ...(document && { data: () => document }),
  });
}

/** Deadlines hold from the first tick on. */
async function startTicker(control: Control): Promise<Worker> {
  const worker = new Worker(new URL('ticker-thread.ts', import.meta.url), { workerData: control.memory });
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  return worker;
}

function answerOf(guest: Guest, operation: string, input: readonly Uint8Array[]): Uint8Array {
  const outcome = guest.call(operation, input);
  if (!outcome.ok) throw new Error(`${outcome.failure.message} ${outcome.failure.stderr}`.trim());
  return outcome.output;
}

function timeCalls(calls: number, call: () => Uint8Array, expected: Uint8Array): object {
  const cpu = process.cpuUsage();
  const started = performance.now();
  let last = expected;
  for (let done = 0; done < calls; done++) last = call();
  const wallMicros = Math.round((performance.now() - started) * 1000);
  const { user, system } = process.cpuUsage(cpu);
  if (Buffer.compare(last, expected) !== 0) throw new Error('the answer changed');
  return { wallMicros, cpuMicros: user + system };
}

function report(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const started = performance.now();
const [file = '', abi = '', operation = '', inputFile = '', variant = '', data] = process.argv.slice(2);
const control = createControl();
const ticker = await startTicker(control);
const guest = makeGuest({ file, abi: abi as AbiName, operation, variant, data }, control);
const input = [new Uint8Array(readFileSync(inputFile))];
const call = (): Uint8Array => answerOf(guest, operation, input);
const expected = call();
report({ readyMs: Math.round(performance.now() - started), answer: Buffer.from(expected).toString('hex') });
for await (const line of createInterface({ input: process.stdin })) report(timeCalls(Number(line), call, expected));
await ticker.terminate();
