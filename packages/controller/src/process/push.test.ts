import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, attributesAt, startCollector, textAt, type Collector } from '@ostiary/telemetry/testing';
import * as kinds from '../cluster/kinds.ts';
import { clusterPolicy, obedientPod, policyServer, startHarness, type Harness } from '../testing/harness.ts';
import { POLICIES } from './metrics.ts';

const CAP = kinds.POLICY_RESOURCES.ClusterAdmissionPolicy;

function endpointOf({ port }: Collector): Readonly<Record<string, string>> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
}

/** The points of a metric in a message, of gauges (5) or sums (7). */
function pointsOf(message: Buffer | undefined, name: string, kind: 5 | 7 = 5): readonly Buffer[] {
  return at(message ?? Buffer.alloc(0), 1, 2, 2)
    .filter((metric) => textAt(metric, 1) === name)
    .flatMap((metric) => at(metric, kind, 1));
}

function valueOf(point: Buffer | undefined): number | undefined {
  return point && at(point, 4)[0]?.readDoubleLE();
}

async function becomesActive(h: Harness, name: string): Promise<void> {
  h.put(CAP, clusterPolicy(name, { failurePolicy: 'Ignore' }));
  await h.eventually('active', () => h.find(CAP, name)?.['status']?.policyStatus === 'active');
  await h.quiet();
}

test('policies are pushed, each of which is one however often it was looked at', async (t) => {
  const collector = await startCollector(t);
  const h = await startHarness(t, { 'enable-metrics': 'true' }, {}, endpointOf(collector));
  t.after(obedientPod(h));
  h.put(kinds.POLICY_SERVERS, policyServer());
  await becomesActive(h, 'a');
  const labels = {
    name: 'kw.cap.a',
    policy_server: 'default',
    module: 'registry://r.example/p:v1',
    mutating: 'false',
    namespace: '',
    failure_policy: 'Ignore',
    policy_status: 'active',
  };
  const message = await h.eventually(
    'the policy to be pushed',
    () =>
      collector.exports.find((one) =>
        pointsOf(one.message, POLICIES).some((point) => attributesAt(point, 7)['policy_status'] === 'active'),
      )?.message,
  );
  assert.deepEqual(
    pointsOf(message, POLICIES).map((point) => [attributesAt(point, 7), valueOf(point)]),
    [[labels, 1]],
  );
  const looks = pointsOf(message, 'ostiary_controller_reconciles_total', 7).find((point) => {
    const { kind, result } = attributesAt(point, 7);
    return kind === 'ClusterAdmissionPolicy' && result === 'success';
  });
  assert.ok((valueOf(looks) ?? 0) > 1, 'it was looked at more than once');
  const resource = attributesAt(at(message, 1, 1)[0]!, 1);
  assert.equal(resource['service.name'], 'kubewarden-controller');
  assert.equal(typeof resource['service.instance.id'], 'string');
});

test('a replica that does not lead pushes no policies', async (t) => {
  const collector = await startCollector(t);
  const flags = { 'enable-metrics': 'true', 'leader-elect': 'true' };
  const h = await startHarness(t, flags, { leaseSeconds: 60, renewSeconds: 30 }, endpointOf(collector));
  await h.eventually('leadership', () => h.controller.isLeader());
  h.put(CAP, clusterPolicy('a'));
  await h.eventually('a status', () => h.find(CAP, 'a')?.['status']?.policyStatus);
  const second = await h.start();
  assert.equal(second.isLeader(), false);
  await second.stop();
  const pushedBy = (leading: 0 | 1): readonly (readonly Buffer[])[] =>
    collector.exports
      .filter(({ message }) => valueOf(pointsOf(message, 'ostiary_controller_leader')[0]) === leading)
      .map(({ message }) => pointsOf(message, POLICIES));
  assert.ok(pushedBy(0).length > 0, 'there is a last push');
  assert.ok(pushedBy(0).every((points) => points.length === 0));
  await h.eventually('the leader to push', () => pushedBy(1).some((points) => points.length === 1));
});

for (const [what, flags, hasEndpoint] of [
  ['without an endpoint', { 'enable-metrics': 'true' }, false],
  ['without the flag', {}, true],
] as const) {
  test(`${what} nothing is pushed`, async (t) => {
    const collector = await startCollector(t);
    const h = await startHarness(t, flags, {}, hasEndpoint ? endpointOf(collector) : {});
    // The last push would come now.
    await h.controller.stop();
    assert.equal(collector.exports.length, 0);
    assert.ok(!h.log.some((line) => line.includes('telemetry')));
  });
}
