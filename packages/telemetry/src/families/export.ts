import { ValueType, type HrTime } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { periodOf } from '../period.ts';
import type { Exporting, FamiliesData } from '../protocol.ts';
import { resourceOf } from '../resource.ts';
import type { Family } from './family.ts';

/** Receivers take messages of 4 MiB; a sample of seven labels has about 300 bytes, so that these are 1.5 MB. */
const MAX_SAMPLES_OF_A_MESSAGE = 5000;

/** The meter of the original (contract: controller §7). */
const SCOPE = { name: 'kubewarden' };

/**
 * Pushes the families that somebody else has. They are no instruments of the SDK: those remember every set of labels that
 * ever was, and a policy that became active would be counted as pending for ever.
 *
 * @param ask Asks for the families; `answer` takes them
 */
export function exportFamilies(
  { service, periodMs, startedAt }: FamiliesData,
  env: NodeJS.ProcessEnv,
  ask: () => void,
): Exporting {
  const resource = resourceOf(service);
  const reading = askOnce(ask);
  const producer: MetricProducer = {
    async collect() {
      const families = await reading.next();
      const [start, end] = [hrTimeOf(startedAt), hrTimeOf(Date.now())];
      const metrics = families
        .filter(({ samples }) => samples.length > 0)
        .map((family) => metricOf(family, { start, end }));
      return { resourceMetrics: { resource, scopeMetrics: [{ scope: SCOPE, metrics }] }, errors: [] };
    },
  };
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    metricProducers: [producer],
    maxExportBatchSize: MAX_SAMPLES_OF_A_MESSAGE,
    ...periodOf(env, periodMs),
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  return { answer: reading.answer, stop: () => provider.shutdown() };
}

/** Asks once, however many wait for the answer. The other thread answers always, if only when it has time. */
function askOnce(ask: () => void): {
  readonly next: () => Promise<readonly Family[]>;
  readonly answer: (families: readonly Family[]) => void;
} {
  let asked: PromiseWithResolvers<readonly Family[]> | undefined;
  return {
    next() {
      if (asked === undefined) {
        asked = Promise.withResolvers();
        ask();
      }
      return asked.promise;
    },
    answer(families) {
      asked?.resolve(families);
      asked = undefined;
    },
  };
}

/** Counters stay cumulative, whatever `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` says of the SDK's own. */
function metricOf(
  { name, type, help, samples }: Family,
  { start, end }: { readonly start: HrTime; readonly end: HrTime },
): MetricData {
  const common = {
    descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints: samples.map(({ value, labels = {} }) => ({
      startTime: start,
      endTime: end,
      attributes: { ...labels },
      value,
    })),
  };
  return type === 'counter'
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true }
    : { ...common, dataPointType: DataPointType.GAUGE };
}

/** Seconds and nanoseconds of a time in milliseconds. */
function hrTimeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.floor((ms - seconds * 1000) * 1e6)];
}
