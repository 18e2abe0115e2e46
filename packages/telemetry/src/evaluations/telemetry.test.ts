import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, test, type TestContext } from 'node:test';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import { at, attributesAt, startCollector, textAt, type Collector } from '../testing/collector.ts';
import { eventually } from '../testing/eventually.ts';
import { createLink, createRecorder, droppedBy, receiveRecords } from './link.ts';
import type { EvaluationRecord } from './record.ts';
import { startTelemetry, type Telemetry } from './start.ts';

const RECORD: EvaluationRecord = {
  origin: 'validate',
  policy: 'pods',
  mode: 'monitor',
  startedAt: Date.now(),
  micros: 12_345,
  status: 200,
  request: {
    uid: 'u-1',
    name: 'web',
    namespace: 'default',
    operation: 'CREATE',
    kind: { group: 'apps', version: 'v1', name: 'Deployment' },
    resource: { group: 'apps', version: 'v1', name: 'deployments' },
    requestKind: 'Deployment',
  },
  verdict: { accepted: false, mutated: true, errorCode: 403 },
  response: { allowed: true, mutated: false, code: 403, message: 'no'.repeat(500) },
};

afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
});

async function telemetry(
  t: TestContext,
  env: Readonly<Record<string, string>>,
): Promise<Telemetry & { readonly logged: string[] }> {
  Object.assign(process.env, env);
  const logged: string[] = [];
  const log = (_level: string, message: string, fields = {}): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  const started = await startTelemetry({ metrics: true, traces: true, log });
  t.after(() => started.stop());
  return { ...started, logged };
}

const METRICS = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** Sends records, and gives what is pushed in the end. */
async function pushed(
  t: TestContext,
  collector: Collector,
  records: readonly EvaluationRecord[],
  env: Readonly<Record<string, string>> = {},
) {
  const endpoint = `http://127.0.0.1:${collector.port}`;
  const { link, stop, logged } = await telemetry(t, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env });
  const recorder = createRecorder(link);
  for (const record of records) recorder.record(record);
  recorder.close();
  await eventually(() => inFlight(link.counters) === 0, 5000);
  await stop();
  const of = (path: string): readonly Buffer[] =>
    collector.exports.filter((one) => one.path === path).map(({ message }) => message);
  return { metrics: of(METRICS), traces: of(TRACES), logged };
}

function inFlight(counters: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(counters), 0);
}

/** The texts at a field of each message, sorted. */
function names(messages: readonly Buffer[], field: number): readonly string[] {
  return messages.map((message) => textAt(message, field) ?? '').sort();
}

/** Metrics by name. */
function metricsIn(messages: readonly Buffer[]): ReadonlyMap<string | undefined, Buffer> {
  return new Map(messages.flatMap((message) => at(message, 1, 2, 2)).map((metric) => [textAt(metric, 1), metric]));
}

describe('telemetry', () => {
  test('pushes the metrics of the original, with its labels and buckets', async (t) => {
    const raw = {
      ...RECORD,
      origin: 'validate_raw',
      policy: 'raw',
      mode: 'protect',
      verdict: { accepted: true, mutated: false },
    } as const;
    const broken = { ...RECORD, policy: 'broken', verdict: undefined, initializationError: 'x'.repeat(1000) };
    const uncounted = { ...RECORD, policy: 'uncounted', verdict: undefined, status: 500 };
    const collector = await startCollector(t);
    const { metrics } = await pushed(t, collector, [RECORD, RECORD, raw, broken, uncounted]);
    assert.ok(metrics.length > 0);
    const [first] = metrics;
    assert.equal(attributesAt(at(first!, 1, 1)[0]!, 1)['service.name'], 'kubewarden-policy-server');
    assert.equal(textAt(first!, 1, 2, 1, 1), 'kubewarden');
    const found = metricsIn(metrics);
    assert.deepEqual(
      [...found.keys()],
      ['kubewarden_policy_evaluations_total', 'kubewarden_policy_evaluation_latency_milliseconds'],
    );
    const labels = {
      policy_name: 'pods',
      policy_mode: 'monitor',
      accepted: false,
      mutated: true,
      error_code: 403,
      resource_kind: 'Deployment',
      resource_request_operation: 'CREATE',
      request_origin: 'validate',
      resource_namespace: 'default',
    };
    const counter = at(found.get('kubewarden_policy_evaluations_total')!, 7, 1);
    assert.deepEqual(
      counter.map((point) => attributesAt(point, 7)),
      [
        labels,
        { policy_name: 'raw', policy_mode: 'protect', accepted: true, mutated: false },
        { policy_name: 'broken', initialization_error: 'x'.repeat(256) },
      ],
    );
    assert.equal(at(counter[0]!, 4)[0]?.readDoubleLE(), 2);
    const [histogram] = at(found.get('kubewarden_policy_evaluation_latency_milliseconds')!, 9, 1);
    assert.deepEqual(attributesAt(histogram!, 9), labels);
    const bounds = at(histogram!, 7)[0]!;
    const values = Array.from({ length: bounds.length / 8 }, (_, index) => bounds.readDoubleLE(index * 8));
    assert.deepEqual(values, [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000]);
    assert.equal(at(histogram!, 5)[0]?.readDoubleLE(), 24);
  });

  test('pushes a span of the request and one of the evaluation, without objects', async (t) => {
    const collector = await startCollector(t);
    const failing = { ...RECORD, origin: 'audit', status: 500, response: undefined } as const;
    const { traces } = await pushed(t, collector, [RECORD, failing], {
      OTEL_SERVICE_NAME: 'mine',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=a',
    });
    assert.equal(collector.exports.find(({ path }) => path === TRACES)?.headers['x-tenant'], 'a');
    assert.equal(attributesAt(at(traces[0]!, 1, 1)[0]!, 1)['service.name'], 'mine');
    const spans = traces.flatMap((message) => at(message, 1, 2, 2));
    assert.deepEqual(names(spans, 5), ['audit', 'request', 'request', 'validation']);
    const evaluation = spans.find((span) => textAt(span, 5) === 'validation')!;
    const { host, ...fields } = attributesAt(evaluation, 9);
    assert.equal(typeof host, 'string');
    assert.deepEqual(fields, {
      policy_id: 'pods',
      request_uid: 'u-1',
      name: 'web',
      namespace: 'default',
      operation: 'CREATE',
      kind_group: 'apps',
      kind_version: 'v1',
      kind: 'Deployment',
      resource_group: 'apps',
      resource_version: 'v1',
      resource: 'deployments',
      allowed: true,
      mutated: false,
      response_code: 403,
      response_message: 'no'.repeat(128),
    });
    const parent = spans.find((span) => at(span, 2)[0]?.equals(at(evaluation, 4)[0]!));
    assert.deepEqual(attributesAt(parent!, 9), { method: 'POST', uri: '/validate/pods', version: 'HTTP/1.1' });
    const events = spans.flatMap((span) => at(span, 11));
    assert.deepEqual(names(events, 2), [
      'finished processing request',
      'finished processing request',
      'response failed',
    ]);
  });

  test('uses the certificates of each signal', async (t) => {
    const authority = createAuthority({ commonName: 'collector CA', validForDays: 1, now: new Date() });
    const issue = (usage: 'server' | 'client') =>
      issueCertificate(authority, {
        commonName: usage,
        dnsNames: ['localhost'],
        ipAddresses: ['127.0.0.1'],
        usages: [usage],
        validForDays: 1,
        now: new Date(),
      });
    const [server, client] = [issue('server'), issue('client')];
    const folder = await mkdtemp(join(tmpdir(), 'ostiary-otlp-'));
    t.after(() => rm(folder, { recursive: true }));
    const write = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const ca = authority.certificatePem;
    const collector = await startCollector(t, { cert: server.certificatePem, key: server.privateKeyPem, ca });
    const env: Record<string, string> = { OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${collector.port}` };
    env['OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE'] = await write('ca.pem', ca);
    env['OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE'] = await write('cert.pem', client.certificatePem);
    env['OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY'] = await write('key.pem', client.privateKeyPem);
    const { metrics, traces, logged } = await pushed(t, collector, [RECORD], env);
    assert.ok(metrics.length > 0, logged.join('\n'));
    assert.equal(traces.length, 0);
  });

  test('that no collector takes hurts nobody and is told of', async (t) => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
    };
    const { link, logged, stop } = await telemetry(t, env);
    const recorder = createRecorder(link);
    for (let count = 0; count < 5000; count++) recorder.record(RECORD);
    recorder.close();
    await eventually(() => logged.length > 0, 15_000);
    assert.match(logged[0]!, /telemetry not exported/);
    const before = performance.now();
    await stop();
    assert.ok(performance.now() - before < 6000);
  });
});

describe('the way from thread to thread', () => {
  test('drops records when nobody takes them, and counts them', () => {
    const link = createLink('nobody');
    const stop = receiveRecords(link, () => assert.fail('nothing is taken within this turn'));
    const recorder = createRecorder(link);
    for (let count = 0; count < 100 * 512; count++) recorder.record(RECORD);
    recorder.close();
    stop();
    assert.equal(droppedBy(link), 36 * 512);
  });

  test('drops all records while nobody listens', () => {
    const link = createLink('none');
    const recorder = createRecorder(link);
    recorder.record(RECORD);
    recorder.close();
    assert.deepEqual([droppedBy(link), inFlight(link.counters)], [1, 0]);
  });

  test('keeps order and content', async () => {
    const link = createLink('some');
    const received: EvaluationRecord[] = [];
    const stop = receiveRecords(link, (records) => void received.push(...records));
    const recorder = createRecorder(link);
    const sent = Array.from({ length: 1000 }, (_, index) => ({ ...RECORD, policy: `p-${index}` }));
    for (const record of sent) recorder.record(record);
    await eventually(() => received.length === sent.length);
    assert.deepEqual(received, sent);
    assert.equal(inFlight(link.counters), 0);
    recorder.close();
    stop();
  });

  test('costs less than a microsecond a record on the hot path', () => {
    const recorder = createRecorder(createLink('cost'));
    const begun = performance.now();
    for (let count = 0; count < 500; count++) recorder.record(RECORD);
    const micros = ((performance.now() - begun) * 1000) / 500;
    recorder.close();
    assert.ok(micros < 1, `${micros} µs`);
  });
});
