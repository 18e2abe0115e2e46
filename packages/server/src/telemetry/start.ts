import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Log } from '../log.ts';
import { closeLink, createLink, droppedBy, type TelemetryLink } from './link.ts';
import type { FromTelemetry, TelemetryData } from './protocol.ts';

export interface TelemetryOptions {
  readonly metrics: boolean;
  readonly traces: boolean;
  readonly log: Log;
}

/** Telemetry that is being exported. */
export interface Telemetry {
  /** For the threads that evaluate: `createRecorder` takes it. */
  readonly link: TelemetryLink;
  /** Records that were dropped since the start. */
  readonly dropped: () => number;
  /** Pushes what is left, for a few seconds at most, and ends. */
  readonly stop: () => Promise<void>;
}

/** How long the last push may take: a collector that is gone must not hold the end of the server up. */
const STOP_LIMIT_MS = 3000;

/** Loading the libraries takes most of a second; serving begins without them if they take much longer. */
const START_LIMIT_MS = 5000;

/**
 * Starts a thread that exports. Nothing that happens there concerns serving: while the collector is away, or if the thread
 * fails, records are counted as dropped.
 */
export async function startTelemetry({ metrics, traces, log }: TelemetryOptions): Promise<Telemetry> {
  const link = createLink(`ostiary-telemetry-${randomUUID()}`, traces);
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: { link, metrics, traces } satisfies TelemetryData,
  });
  worker.unref();
  worker.on('exit', () => closeLink(link));
  worker.on('error', (error) => log('error', 'telemetry ended', { cause: String(error) }));
  worker.on('message', (message: FromTelemetry) => {
    if (message.type === 'problem') log('warn', 'telemetry not exported', { cause: message.message });
  });
  await until(worker, 'ready', START_LIMIT_MS);
  let stopped: Promise<void> | undefined;
  return {
    link,
    dropped: () => droppedBy(link),
    stop: () => (stopped ??= end(worker)),
  };
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
  worker.postMessage('stop');
  await until(worker, 'stopped', STOP_LIMIT_MS);
  await worker.terminate();
}
