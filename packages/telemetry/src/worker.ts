import { Worker } from 'node:worker_threads';
import type { Family } from './families/family.ts';
import type { FromTelemetry, TelemetryData, ToTelemetry } from './protocol.ts';

/** Where it is told that pushing does not work; the message is constant. */
export type TelemetryLog = (level: 'warn' | 'error', message: string, fields: { readonly cause: string }) => void;

export interface TelemetryWorkerOptions {
  readonly log: TelemetryLog;
  /** `OTEL_*` of it say where to push; default: those of this thread. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Gives the families, when the thread asks for them. */
  readonly read?: (() => readonly Family[]) | undefined;
  readonly onExit?: (() => void) | undefined;
}

/** A thread that exports, as its owner sees it. It keeps no process alive. */
export interface TelemetryWorker {
  /** Resolves when it exports, has ended, or takes too long to begin. */
  readonly ready: () => Promise<void>;
  /** Pushes what is left, for a few seconds at most, and ends. */
  readonly stop: () => Promise<void>;
}

/** How long the last push may take: a collector that is gone must not hold the end of its sender up. */
const STOP_LIMIT_MS = 3000;

/** Loading the libraries takes most of a second; nobody waits for them if they take much longer. */
const START_LIMIT_MS = 5000;

export function startWorker(data: TelemetryData, options: TelemetryWorkerOptions): TelemetryWorker {
  const { log, read, onExit, env } = options;
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: data, ...(env && { env }) });
  worker.unref();
  let hasEnded = false;
  worker.on('exit', () => {
    hasEnded = true;
    onExit?.();
  });
  worker.on('error', (error) => log('error', 'telemetry ended', { cause: String(error) }));
  worker.on('message', (message: FromTelemetry) => {
    if (message.type === 'problem') log('warn', 'telemetry not exported', { cause: message.message });
    if (message.type === 'read') tell(worker, { type: 'families', families: readFamilies(read, log) });
  });
  let stopped: Promise<void> | undefined;
  return {
    ready: () => until(worker, 'ready', START_LIMIT_MS),
    stop: () => (stopped ??= hasEnded ? Promise.resolve() : end(worker)),
  };
}

/** A reader with a defect costs its metrics, not the process. */
function readFamilies(read: (() => readonly Family[]) | undefined, log: TelemetryLog): readonly Family[] {
  try {
    return read?.() ?? [];
  } catch (error) {
    log('error', 'metrics could not be read', { cause: String(error) });
    return [];
  }
}

function tell(worker: Worker, message: ToTelemetry): void {
  worker.postMessage(message);
}

/** Resolves when the thread has said so, has ended, or has taken too long. */
async function until(worker: Worker, type: FromTelemetry['type'], limitMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      worker.off('message', look).off('exit', settle);
      resolve();
    };
    const look = (message: FromTelemetry): void => {
      if (message.type === type) settle();
    };
    const timer = setTimeout(settle, limitMs);
    worker.on('message', look).on('exit', settle);
  });
}

async function end(worker: Worker): Promise<void> {
  tell(worker, { type: 'stop' });
  await until(worker, 'stopped', STOP_LIMIT_MS);
  await worker.terminate();
}
