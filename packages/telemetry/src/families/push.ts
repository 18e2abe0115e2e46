import type { Service } from '../protocol.ts';
import { startWorker, type TelemetryLog } from '../worker.ts';
import type { Family } from './family.ts';

export interface FamilyPushOptions {
  readonly service: Service;
  /** Between two pushes, unless `OTEL_METRIC_EXPORT_INTERVAL` says otherwise. */
  readonly periodMs: number;
  /** Its `OTEL_*` say where to push and how. */
  readonly env: NodeJS.ProcessEnv;
  /** Called once for every push. What it throws is logged, and nothing is pushed then. */
  readonly read: () => readonly Family[];
  readonly log: TelemetryLog;
}

/** Metrics that are being pushed. */
export interface FamilyPush {
  /** Pushes once more, for a few seconds at most, and ends. */
  readonly stop: () => Promise<void>;
}

/** Whether it is said where metrics go; what the libraries would take instead is nobody's choice. */
export function hasMetricsEndpoint(env: Readonly<Record<string, string | undefined>>): boolean {
  return Boolean(env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT']);
}

/**
 * Pushes metrics by OTLP over gRPC, from a thread of its own. Does not wait for anything: a collector that is away is told
 * of once a minute, and tried again with the next push.
 */
export function pushFamilies({ service, periodMs, env, read, log }: FamilyPushOptions): FamilyPush {
  const data = { of: 'families', service, periodMs, startedAt: performance.timeOrigin } as const;
  const { stop } = startWorker(data, { log, env, read });
  return { stop };
}
