import type { EvaluationsData, Exporting } from '../protocol.ts';
import { receiveRecords } from './link.ts';
import { startMetrics } from './metrics.ts';
import { startTraces } from './traces.ts';

/** Pushes what the records that come over the link come to. */
export function exportEvaluations({ link, metrics, traces }: EvaluationsData, env: NodeJS.ProcessEnv): Exporting {
  const exporters = [...(metrics ? [startMetrics(env)] : []), ...(traces ? [startTraces(env)] : [])];
  const stopReceiving = receiveRecords(link, (records) => {
    for (const record of records) for (const exporter of exporters) exporter.take(record);
  });
  return {
    stop: async () => {
      stopReceiving();
      await Promise.allSettled(exporters.map((exporter) => exporter.stop()));
    },
  };
}
