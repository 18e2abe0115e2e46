import type { Attributes } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import {
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type AggregationOption,
} from '@opentelemetry/sdk-metrics';
import { periodOf } from '../period.ts';
import { resourceOf } from '../resource.ts';
import type { EvaluationRecord } from './record.ts';
import { POLICY_SERVER } from './service.ts';

/** Takes records and pushes what they come to. */
export interface Exporter {
  take(record: EvaluationRecord): void;
  /** Pushes what is left; resolves also when that fails. */
  stop(): Promise<void>;
}

/** Milliseconds, as the original has them (contract: policy-server §11.1). */
const BUCKETS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];

const DEFAULT_PERIOD_MS = 60_000;

/**
 * Sets of labels of one instrument. Policies, kinds and namespaces multiply; beyond this many the SDK counts into one
 * series of its own that says so.
 */
const MAX_SERIES = 10_000;

/** Errors of policies that can't be made end up in a label; it must not become a document. */
const MAX_LABEL_CHARACTERS = 256;

/** Metrics by OTLP over gRPC, as `OTEL_EXPORTER_OTLP_*` and `OTEL_METRIC_EXPORT_*` say. */
export function startMetrics(env: NodeJS.ProcessEnv): Exporter {
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(aggregationOf(env)),
    cardinalityLimits: { default: MAX_SERIES },
    ...periodOf(env, DEFAULT_PERIOD_MS),
  });
  const provider = new MeterProvider({ resource: resourceOf(POLICY_SERVER), readers: [reader] });
  const meter = provider.getMeter('kubewarden');
  const evaluations = meter.createCounter('kubewarden_policy_evaluations_total', {
    description: 'Number of policy evaluations',
  });
  const latency = meter.createHistogram('kubewarden_policy_evaluation_latency_milliseconds', {
    description: 'Latency of policy evaluations',
    unit: 'ms',
    advice: { explicitBucketBoundaries: BUCKETS },
  });
  return {
    take(record) {
      const labels = labelsOf(record);
      if (!labels) return;
      evaluations.add(1, labels);
      if (record.verdict) latency.record(Math.floor(record.micros / 1000), labels);
    },
    stop: () => provider.shutdown(),
  };
}

/** The labels of an evaluation; undefined when it is not counted. */
function labelsOf({
  policy,
  mode,
  origin,
  request,
  verdict,
  initializationError,
}: EvaluationRecord): Attributes | undefined {
  if (initializationError !== undefined) {
    return { policy_name: policy, initialization_error: initializationError.slice(0, MAX_LABEL_CHARACTERS) };
  }
  if (!verdict) return undefined;
  const { accepted, mutated, errorCode } = verdict;
  const common: Attributes = {
    policy_name: policy,
    policy_mode: mode,
    accepted,
    mutated,
    ...(errorCode !== undefined && { error_code: errorCode }),
  };
  if (origin === 'validate_raw') return common;
  return {
    ...common,
    resource_kind: request.requestKind ?? '',
    resource_request_operation: request.operation ?? '',
    request_origin: origin,
    ...(request.namespace && { resource_namespace: request.namespace }),
  };
}

function aggregationOf(env: NodeJS.ProcessEnv): { aggregationPreference?: () => AggregationOption } {
  const wanted = env['OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION']?.trim().toLowerCase();
  if (wanted !== 'base2_exponential_bucket_histogram') return {};
  // Of the two instruments the counter keeps its sum, whatever histograms are.
  return { aggregationPreference: exponentialHistograms };
}

function exponentialHistograms(instrument?: unknown): AggregationOption {
  const isHistogram = String(instrument) === 'HISTOGRAM';
  return { type: isHistogram ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT };
}
