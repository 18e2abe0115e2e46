import { parentPort, workerData } from 'node:worker_threads';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { receiveRecords } from './link.ts';
import { startMetrics } from './metrics.ts';
import type { FromTelemetry, TelemetryData } from './protocol.ts';
import { startTraces } from './traces.ts';

/** The body of the thread that exports. Only this thread loads the libraries of OpenTelemetry. */
const { link, metrics, traces } = workerData as TelemetryData;

/** Times of the same problem that are told: an absent collector fails every push, and one line a minute says so. */
const TOLD_EVERY_MS = 60_000;
const told = new Map<string, number>();
const MAX_TOLD = 100;
const MAX_SHOWN_CHARACTERS = 300;

function tell(message: FromTelemetry): void {
  parentPort?.postMessage(message);
}

function problem(message: string): void {
  const text = causeIn(message).slice(0, MAX_SHOWN_CHARACTERS);
  const now = performance.now();
  if (now - (told.get(text) ?? -Infinity) < TOLD_EVERY_MS) return;
  if (told.size > MAX_TOLD) told.clear();
  told.set(text, now);
  tell({ type: 'problem', message: text });
}

/** The libraries report errors as JSON of their members. */
function causeIn(message: string): string {
  const [, quoted] = /"message":("(?:[^"\\]|\\.)*")/.exec(message) ?? [];
  return quoted === undefined ? message : String(JSON.parse(quoted));
}

diag.setLogger(
  { error: problem, warn: problem, info: () => undefined, debug: () => undefined, verbose: () => undefined },
  { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
);

const exporters = [...(metrics ? [startMetrics(process.env)] : []), ...(traces ? [startTraces(process.env)] : [])];
const stopReceiving = receiveRecords(link, (records) => {
  for (const record of records) for (const exporter of exporters) exporter.take(record);
});

async function stop(): Promise<void> {
  stopReceiving();
  await Promise.allSettled(exporters.map((exporter) => exporter.stop()));
  tell({ type: 'stopped' });
}

// Whatever it says, there is one thing to be told.
parentPort?.once('message', () => void stop());
tell({ type: 'ready' });
