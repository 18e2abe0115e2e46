import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { at, attributesAt, startCollector, textAt } from '@ostiary/telemetry/testing';
import { readGatesConfig } from '../config/read.ts';
import { eventually } from '../http/testing/front-fixture.ts';
import { serve } from '../serve.ts';

const REVIEW = JSON.stringify({
  request: {
    uid: 'u-1',
    kind: { group: '', version: 'v1', kind: 'Secret' },
    resource: { group: '', version: 'v1', resource: 'secrets' },
    requestKind: { group: '', version: 'v1', kind: 'Secret' },
    namespace: 'trusted',
    operation: 'CREATE',
    userInfo: { username: 'someone' },
    object: { data: { password: 'hunter2-in-the-object' } },
  },
});

test('what serving threads decide is pushed, without objects and settings', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-telemetry-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'policies.yml');
  await writeFile(
    file,
    `absent: {module: "file://${folder}/absent.wasm", settings: {token: hunter2-in-the-settings}}\n`,
  );
  const collector = await startCollector(t);
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${collector.port}`;
  t.after(() => delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT']);
  const server = await serve({
    readConfig: (files) => readGatesConfig({ policies: file }, { readFile: (path) => files.read(path) }),
    host: '127.0.0.1',
    port: 0,
    probePort: 0,
    tls: undefined,
    failureMode: 'isolate',
    alwaysAcceptNamespace: 'trusted',
    servingThreads: 1,
    telemetry: { metrics: true, traces: true },
    log: () => undefined,
    logFormat: { level: 'error', format: 'text' },
  });
  const ask = async (path: string, body: string): Promise<number> => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', headers, body })).status;
  };
  assert.equal(await ask('/validate/absent', REVIEW), 200);
  assert.equal(await ask('/audit/absent', REVIEW.replace('trusted', 'other')), 200);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await server.stop();
  await eventually(() => collector.exports.length >= 2);

  const messages = (service: string): readonly Buffer[] =>
    collector.exports.filter(({ path }) => path.includes(service)).map(({ message }) => message);
  const points = messages('MetricsService')
    .flatMap((message) => at(message, 1, 2, 2))
    .filter((metric) => textAt(metric, 1) === 'kubewarden_policy_evaluations_total')
    .flatMap((metric) => at(metric, 7, 1))
    .map((point) => attributesAt(point, 7));
  assert.equal(points.length, 2);
  assert.deepEqual(
    points.find(({ accepted }) => accepted === true),
    {
      policy_name: 'absent',
      policy_mode: 'protect',
      accepted: true,
      mutated: false,
      resource_kind: 'Secret',
      resource_request_operation: 'CREATE',
      request_origin: 'validate',
      resource_namespace: 'trusted',
    },
  );
  const broken = points.find(({ initialization_error: error }) => error !== undefined);
  assert.match(String(broken?.['initialization_error']), /absent\.wasm/);
  const spans = messages('TraceService').flatMap((message) => at(message, 1, 2, 2));
  assert.deepEqual(spans.map((span) => textAt(span, 5) ?? '').sort(), ['audit', 'request', 'request', 'validation']);
  for (const { message } of collector.exports) assert.equal(message.includes('hunter2'), false);
});
