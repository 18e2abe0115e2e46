import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { at, attributesAt, startCollector, textAt, type Collector } from '../testing/collector.ts';
import { eventually } from '../testing/eventually.ts';
import type { Family } from './family.ts';
import { hasMetricsEndpoint, pushFamilies, type FamilyPush } from './push.ts';

const SERVICE = { name: 'a-controller', instance: 'pod-1' };
const COUNTER: Family = { name: 'looks_total', type: 'counter', help: 'Looks.', samples: [{ value: 7 }] };

function policies(...statuses: readonly string[]): Family {
  const samples = statuses.map((status, index) => ({ value: 1, labels: { name: `p${index}`, status } }));
  return { name: 'policies', type: 'gauge', help: 'Policies.', samples };
}

function start(
  t: TestContext,
  { port }: Pick<Collector, 'port'>,
  read: () => readonly Family[],
  env: Readonly<Record<string, string>> = {},
): FamilyPush & { readonly logged: string[] } {
  const logged: string[] = [];
  const push = pushFamilies({
    service: SERVICE,
    periodMs: 100,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, ...env },
    read,
    log: (_level, message, { cause }) => void logged.push(`${message}: ${cause}`),
  });
  t.after(() => push.stop());
  return { ...push, logged };
}

/** Metrics of a message by name. */
function metricsOf(message: Buffer | undefined): ReadonlyMap<string | undefined, Buffer> {
  return new Map(at(message ?? Buffer.alloc(0), 1, 2, 2).map((metric) => [textAt(metric, 1), metric]));
}

describe('families', () => {
  test('are pushed as they are, with who has them', async (t) => {
    const collector = await startCollector(t);
    start(t, collector, () => [policies('pending', 'active'), COUNTER, policies()]);
    await eventually(() => collector.exports.length > 0, 10_000);
    const [{ path, message }] = collector.exports as [(typeof collector.exports)[number]];
    assert.equal(path, '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export');
    const resource = attributesAt(at(message, 1, 1)[0]!, 1);
    assert.deepEqual([resource['service.name'], resource['service.instance.id']], ['a-controller', 'pod-1']);
    const metrics = metricsOf(message);
    assert.deepEqual(
      at(metrics.get('policies')!, 5, 1).map((point) => [attributesAt(point, 7), at(point, 4)[0]?.readDoubleLE()]),
      [
        [{ name: 'p0', status: 'pending' }, 1],
        [{ name: 'p1', status: 'active' }, 1],
      ],
    );
    const [sum] = at(metrics.get('looks_total')!, 7);
    // Cumulative and monotonic.
    assert.deepEqual([at(sum!, 2)[0]?.[0], at(sum!, 3)[0]?.[0]], [2, 1]);
    const [point] = at(sum!, 1);
    assert.equal(at(point!, 4)[0]?.readDoubleLE(), 7);
    const milliseconds = Number((at(point!, 2)[0]?.readBigUInt64LE() ?? 0n) / 1_000_000n);
    assert.ok(Math.abs(milliseconds - performance.timeOrigin) < 2, `${milliseconds}`);
  });

  test('lose what is no more', async (t) => {
    const collector = await startCollector(t);
    let status = 'pending';
    start(t, collector, () => [policies(status)]);
    const last = (): readonly unknown[] =>
      at(metricsOf(collector.exports.at(-1)?.message).get('policies') ?? Buffer.alloc(0), 5, 1).map(
        (point) => attributesAt(point, 7)['status'],
      );
    await eventually(() => last().includes('pending'), 10_000);
    status = 'active';
    await eventually(() => last().includes('active'), 10_000);
    assert.deepEqual(last(), ['active']);
  });

  test('are pushed in messages that a receiver takes', async (t) => {
    const collector = await startCollector(t);
    const many = policies(...Array<string>(12_000).fill('active'));
    await start(t, collector, () => [many], { OTEL_METRIC_EXPORT_INTERVAL: '60000' }).stop();
    const points = collector.exports.map(({ message }) => at(metricsOf(message).get('policies')!, 5, 1).length);
    assert.deepEqual(points, [5000, 5000, 2000]);
  });

  test('are pushed once more in the end', async (t) => {
    const collector = await startCollector(t);
    const push = start(t, collector, () => [COUNTER], { OTEL_METRIC_EXPORT_INTERVAL: '60000' });
    await push.stop();
    assert.equal(collector.exports.length, 1);
    await push.stop();
    assert.equal(collector.exports.length, 1);
  });

  test('that cannot be read, or that nobody takes, are told of', async (t) => {
    const collector = await startCollector(t);
    const broken = start(t, collector, () => {
      throw new Error('out of order');
    });
    await eventually(() => broken.logged.length > 0, 10_000);
    assert.match(broken.logged[0]!, /^metrics could not be read: Error: out of order/);
    const alone = start(t, { port: 9 }, () => [COUNTER], { OTEL_EXPORTER_OTLP_TIMEOUT: '300' });
    await eventually(() => alone.logged.length > 0, 15_000);
    assert.match(alone.logged[0]!, /^telemetry not exported/);
    const before = performance.now();
    await alone.stop();
    assert.ok(performance.now() - before < 6000);
  });
});

for (const [env, expected] of [
  [{}, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4317' }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317' }, true],
  [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c:4317' }, true],
] as const) {
  test(`${JSON.stringify(env)} ${expected ? 'says' : 'does not say'} where metrics go`, () => {
    assert.equal(hasMetricsEndpoint(env), expected);
  });
}
