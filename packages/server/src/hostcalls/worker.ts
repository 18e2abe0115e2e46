import { Worker } from 'node:worker_threads';
import { describeHostCall, type HostCall } from '@ostiary/sandbox';
import type { Log, LogFormat, LogLevel } from '../log.ts';
import { cellOf, counterFamily, gaugeFamily, type CellFamily } from '../metrics/registry.ts';
import type { Answered, AnswerHostCall, Questioner } from './contract.ts';
import { isInventoryCall } from './inventory.ts';
import { createVersions, type Versions } from './versions.ts';
import type {
  CapabilityReadings,
  CapabilitySettings,
  CapabilityThreadData,
  FromCapabilities,
  ToCapabilities,
} from './worker-protocol.ts';

export interface CapabilityThreadOptions extends CapabilitySettings {
  readonly log: Log;
  /** How the thread logs; `log` is the control thread's. */
  readonly logFormat: { readonly level: LogLevel; readonly format: LogFormat };
  /** The body of the thread; tests put faulty ones in. */
  readonly entry?: URL | undefined;
}

/** The thread that answers what policies ask their host. */
export interface CapabilityThread {
  readonly answer: AnswerHostCall;
  readonly versions: Versions;
  /** What the thread has counted; nothing before the first question. */
  readonly families: () => readonly CellFamily[];
  /** Sources, credentials or trust root have changed: the next question about an image is asked with the new ones. */
  readonly reload: () => void;
  readonly stop: () => Promise<void>;
}

/** A thread that dies is started again after this time, and after twice as long each time it dies young. */
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 30_000;
/** A thread that has lived so long did not die of how it is. */
const YOUNG_MS = 60_000;

interface Pending {
  readonly resolve: (answered: Answered) => void;
  readonly reject: (error: Error) => void;
  readonly call: HostCall;
}

/**
 * Starts nothing before the first question of a policy that may ask something: only then Kubernetes and registries are
 * loaded. Questions in a thread that dies are answered with an error, as are those that come before there is a new one.
 */
export function createCapabilityThread(options: CapabilityThreadOptions): CapabilityThread {
  const { log, logFormat, entry = new URL('./worker-thread.ts', import.meta.url), ...settings } = options;
  const versions = createVersions();
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let readings: CapabilityReadings | undefined;
  let lastId = 0;
  let restartMs = FIRST_RESTART_MS;
  let mayStartAt = 0;
  let isStopped = false;

  const start = (): Worker => {
    const started = new Worker(entry, {
      workerData: { ...settings, versions, log: logFormat } satisfies CapabilityThreadData,
    });
    const bornAt = performance.now();
    started.unref();
    started.on('message', receive);
    started.on('error', (error: unknown) =>
      log('error', 'the thread of the host capabilities failed', { cause: String(error) }),
    );
    started.on('exit', () => lose(started, bornAt));
    return started;
  };
  const receive = (message: FromCapabilities): void => {
    if (message.type === 'stats') return void (readings = message.stats);
    const asked = pending.get(message.id);
    pending.delete(message.id);
    if (message.type === 'answered') asked?.resolve(message.answered);
    else asked?.reject(new Error(message.cause));
  };
  const lose = (lost: Worker, bornAt: number): void => {
    if (worker !== lost) return;
    worker = undefined;
    restartMs = performance.now() - bornAt < YOUNG_MS ? Math.min(restartMs * 2, LONGEST_RESTART_MS) : FIRST_RESTART_MS;
    mayStartAt = performance.now() + restartMs;
    // What was answered by a thread that watches nothing any more holds no longer.
    for (let slot = 0; slot < versions.length; slot += 1) Atomics.add(versions, slot, 1);
    for (const [id, { resolve, call }] of pending) {
      pending.delete(id);
      resolve(refused(`${describeHostCall(call)} failed: its thread ended`));
    }
  };
  const ask = (call: HostCall, questioner: Questioner, signal: AbortSignal): Promise<Answered> => {
    if (isStopped) return Promise.resolve(refused(`${describeHostCall(call)} is gone: the server is stopping`));
    if (worker === undefined && performance.now() < mayStartAt) {
      return Promise.resolve(refused(`${describeHostCall(call)} failed: its thread is being restarted`));
    }
    worker ??= start();
    const thread = worker;
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject, call });
      signal.addEventListener('abort', () => leave(thread, id), { once: true });
      thread.postMessage(questionOf(id, call, questioner));
    });
  };
  const leave = (thread: Worker, id: number): void => {
    const asked = pending.get(id);
    if (!asked) return;
    // Not left to the thread to settle: what hangs there must not hold its place here.
    pending.delete(id);
    asked.resolve(refused(`${describeHostCall(asked.call)} was given up`));
    thread.postMessage({ type: 'leave', id } satisfies ToCapabilities);
  };

  return {
    versions,
    answer: async (call, questioner, signal) => ungranted(call, questioner) ?? ask(call, questioner, signal),
    // A thread that starts later reads what is there then.
    reload: () => worker?.postMessage({ type: 'reload' } satisfies ToCapabilities),
    families: () => (readings === undefined ? [] : familiesOf(readings)),
    stop: async () => {
      isStopped = true;
      await worker?.terminate();
    },
  };
}

function questionOf(id: number, call: HostCall, questioner: Questioner): ToCapabilities {
  return isInventoryCall(call)
    ? { type: 'inventory', id, kind: call.inventory, questioner }
    : { type: 'ask', id, call, questioner };
}

/** A policy that may ask nothing must not bring the thread about (contract: policy-server §8.1). */
function ungranted(call: HostCall, { grants }: Questioner): Answered | undefined {
  if (isInventoryCall(call) || grants.hostCapabilities.length > 0) return undefined;
  if (call.binding !== 'kubewarden') return refused(`unknown binding: ${call.binding}`);
  const path = `${call.namespace}/${call.operation}`;
  if (call.namespace === 'tracing') return refused(`unknown operation: ${call.operation}`);
  return refused(
    `Policy has not been granted access to the '${path}' host capability. The violation has been reported.`,
  );
}

function refused(error: string): Answered {
  return { answer: { ok: false, error }, validity: { kind: 'once' } };
}

function familiesOf({ watches, objects, bytes, stale, questions }: CapabilityReadings): readonly CellFamily[] {
  const asked = counterFamily(
    'ostiary_host_capability_calls_total',
    'Host calls that reached the capabilities, by result.',
  );
  for (const [capability, counts] of questions) {
    for (const [result, count] of Object.entries(counts)) cellOf(asked, { capability, result }).value = count;
  }
  const one = (name: string, help: string, value: number): CellFamily => gaugeFamily(name, help, [[{}, value]]);
  return [
    asked,
    one('ostiary_watched_lists', 'Lists of Kubernetes objects that are followed for policies.', watches),
    one('ostiary_watched_lists_stale', 'Of these, such as can not be followed at the moment.', stale),
    one('ostiary_watched_objects', 'Objects in these lists.', objects),
    one('ostiary_watched_bytes', 'Their JSON, in bytes.', bytes),
  ];
}
