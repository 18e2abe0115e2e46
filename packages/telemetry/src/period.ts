const DEFAULT_TIMEOUT_MS = 30_000;

/** How often metrics are pushed and how long a push may take, as `OTEL_METRIC_EXPORT_*` say. */
export function periodOf(
  env: NodeJS.ProcessEnv,
  defaultPeriodMs: number,
): { readonly exportIntervalMillis: number; readonly exportTimeoutMillis: number } {
  const exportIntervalMillis = milliseconds(env['OTEL_METRIC_EXPORT_INTERVAL'], defaultPeriodMs);
  const timeout = milliseconds(env['OTEL_METRIC_EXPORT_TIMEOUT'], DEFAULT_TIMEOUT_MS);
  return { exportIntervalMillis, exportTimeoutMillis: Math.min(timeout, exportIntervalMillis) };
}

function milliseconds(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return text !== undefined && Number.isSafeInteger(value) && value > 0 ? value : otherwise;
}
