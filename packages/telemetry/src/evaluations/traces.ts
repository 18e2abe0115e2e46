import { context, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { resourceOf } from '../resource.ts';
import type { Exporter } from './metrics.ts';
import type { EvaluationRecord, ResponseFacts } from './record.ts';
import { POLICY_SERVER } from './service.ts';

/** Spans by the original's names (contract: policy-server §11.2). */
const HANDLERS = { validate: 'validation', audit: 'audit', validate_raw: 'validation_raw' } as const;

/** Spans that wait for the next push: 2048 of about 2 KB. Those that find no room are dropped. */
const MAX_QUEUED = 2048;

/** Policies may answer with whole documents; a span is for finding one's way. */
const MAX_MESSAGE_CHARACTERS = 256;

/** Spans by OTLP over gRPC, as `OTEL_EXPORTER_OTLP_*` say: one of the request and one of the evaluation below it. */
export function startTraces(env: NodeJS.ProcessEnv): Exporter {
  const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), maxQueueSize: MAX_QUEUED });
  const provider = new TracerProvider({ resource: resourceOf(POLICY_SERVER), spanProcessors: [processor] });
  const tracer = provider.getTracer(POLICY_SERVER.name);
  const host = env['HOSTNAME'] ?? 'unknown';
  return {
    take(record) {
      const { origin, policy, startedAt, micros, status } = record;
      const endedAt = startedAt + micros / 1000;
      const uri = `/${origin}/${encodeURIComponent(policy)}`;
      const request = tracer.startSpan('request', {
        kind: SpanKind.SERVER,
        startTime: startedAt,
        attributes: { method: 'POST', uri, version: 'HTTP/1.1' },
      });
      const parent = trace.setSpan(context.active(), request);
      const attributes = {
        host,
        policy_id: policy,
        ...requestAttributes(record),
        ...responseAttributes(record.response),
      };
      tracer.startSpan(HANDLERS[origin], { startTime: startedAt, attributes }, parent).end(endedAt);
      const outcome = { latency: `${Math.round(micros / 1000)} ms`, status };
      request.addEvent('finished processing request', outcome, endedAt);
      if (status >= 500) {
        request.addEvent('response failed', outcome, endedAt);
        request.setStatus({ code: SpanStatusCode.ERROR });
      }
      request.end(endedAt);
    },
    stop: () => provider.shutdown(),
  };
}

function requestAttributes({ origin, request }: EvaluationRecord): Attributes {
  const { uid, name, namespace, operation, subresource, kind, resource } = request;
  if (origin === 'validate_raw') return { request_uid: uid };
  return {
    request_uid: uid,
    ...defined({ name, namespace, operation, subresource }),
    ...(kind && { kind_group: kind.group, kind_version: kind.version, kind: kind.name }),
    ...(resource && { resource_group: resource.group, resource_version: resource.version, resource: resource.name }),
  };
}

function responseAttributes(response: ResponseFacts | undefined): Attributes {
  if (!response) return {};
  const { allowed, mutated, code, message } = response;
  const shown = message?.slice(0, MAX_MESSAGE_CHARACTERS);
  return { allowed, mutated, ...defined({ response_code: code, response_message: shown }) };
}

function defined(values: Readonly<Record<string, string | number | undefined>>): Attributes {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));
}
