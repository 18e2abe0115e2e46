import { parentPort, workerData } from 'node:worker_threads';
import { exportEvaluations } from './evaluations/export.ts';
import { exportFamilies } from './families/export.ts';
import { onProblems } from './problems.ts';
import type { Exporting, FromTelemetry, TelemetryData, ToTelemetry } from './protocol.ts';

/** The body of the thread that exports. Only this thread loads the libraries of OpenTelemetry. */
function start(data: TelemetryData): Exporting {
  switch (data.of) {
    case 'evaluations':
      return exportEvaluations(data, process.env);
    case 'families':
      return exportFamilies(data, process.env, () => tell({ type: 'read' }));
  }
}

function tell(message: FromTelemetry): void {
  parentPort?.postMessage(message);
}

async function stop(): Promise<void> {
  await Promise.allSettled([exporting.stop()]);
  tell({ type: 'stopped' });
}

onProblems((message) => tell({ type: 'problem', message }));
const exporting = start(workerData as TelemetryData);
parentPort?.on('message', (message: ToTelemetry) => {
  if (message.type === 'stop') void stop();
  else exporting.answer?.(message.families);
});
tell({ type: 'ready' });
