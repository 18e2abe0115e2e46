import { after } from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  compileGuest,
  createControl,
  createGuest,
  type AbiName,
  type Control,
  type Guest,
  type Outcome,
} from '@ostiary/sandbox';

/** Limits of the suites: small enough that a hostile guest is met quickly, large enough for Go. */
export const LIMITS = { timeoutMs: 150, memoryBytes: 64 * 1024 * 1024, outputBytes: 1024 * 1024 };

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder('utf-8', { fatal: true }) };

/** Makes a guest of a module for some operations; the same module may be given several times. */
export type MakeGuest = (bytes: Uint8Array, operations: readonly string[]) => Guest;

export interface SandboxHost {
  readonly control: Control;
  readonly makeGuest: MakeGuest;
}

/**
 * A host for one test file: guests that share a control page, whose ticker stops after the file's tests.
 *
 * @param timeoutMs Larger than {@link LIMITS} where a guest is slow but honest.
 */
export async function sandboxHost(abi: AbiName, timeoutMs: number = LIMITS.timeoutMs): Promise<SandboxHost> {
  const control = createControl();
  const ticker = await startTicker(control);
  after(() => ticker.terminate());
  const makeGuest: MakeGuest = (bytes, operations) => {
    const image = compileGuest(bytes, { abi, operations, memoryBytes: LIMITS.memoryBytes });
    return createGuest(image, { control, timeoutMs, outputBytes: LIMITS.outputBytes });
  };
  return { control, makeGuest };
}

/** Deadlines hold from the first tick on. */
async function startTicker(control: Control): Promise<Worker> {
  const worker = new Worker(new URL('ticker-thread.ts', import.meta.url), { workerData: control.memory });
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  return worker;
}

/** Calls an operation with a text. */
export function callText(guest: Guest, operation: string, input: string): Outcome {
  return guest.call(operation, [utf8.encoder.encode(input)]);
}

/** The text that a call gave; undefined when it failed or gave no UTF-8. */
export function outputText(outcome: Outcome): string | undefined {
  return outcome.ok ? utf8.decoder.decode(outcome.output) : undefined;
}
