import { randomUUID } from 'node:crypto';
import { startWorker, type TelemetryLog } from '../worker.ts';
import { closeLink, createLink, droppedBy, type TelemetryLink } from './link.ts';

export interface TelemetryOptions {
  readonly metrics: boolean;
  readonly traces: boolean;
  readonly log: TelemetryLog;
}

/** Telemetry of evaluations that is being exported. */
export interface Telemetry {
  /** For the threads that evaluate: `createRecorder` takes it. */
  readonly link: TelemetryLink;
  /** Records that were dropped since the start. */
  readonly dropped: () => number;
  /** Pushes what is left, for a few seconds at most, and ends. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a thread that exports. Nothing that happens there concerns serving: while the collector is away, or if the thread
 * fails, records are counted as dropped.
 */
export async function startTelemetry({ metrics, traces, log }: TelemetryOptions): Promise<Telemetry> {
  const link = createLink(`ostiary-telemetry-${randomUUID()}`, traces);
  const worker = startWorker({ of: 'evaluations', link, metrics, traces }, { log, onExit: () => closeLink(link) });
  await worker.ready();
  return { link, dropped: () => droppedBy(link), stop: worker.stop };
}
