import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { resource } from '@ostiary/kube';
import { createMetrics } from '../metrics/metrics.ts';
import { CLUSTER_POLICIES, clusterPolicy, pod, PODS, RESOURCES, testCluster } from '../testing/cluster.ts';
import { fakePolicyServer } from '../testing/policy-server.ts';
import { auditAsLeader, leaseName } from './lead.ts';

const LEASES = resource('coordination.k8s.io/v1', 'Lease', 'leases', {
  verbs: ['create', 'get', 'update'],
  subresources: [],
});

const isLeading = (text: string): boolean => /^ostiary_audit_leading 1$/m.test(text);

const hasFindings = (text: string): boolean => /^ostiary_audit_results\{/m.test(text);

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 10) {
    assert.ok(waited < 10_000, `${what} did not come true`);
    await sleep(10);
  }
}

test('the lease is given back at the end, and the next replica goes on with what is there', async (t) => {
  const { server, options } = await testCluster(t, [...RESOURCES, LEASES]);
  const policies = await fakePolicyServer(t, () => ({ allowed: true }));
  server.put(CLUSTER_POLICIES, clusterPolicy('a'));
  for (const name of ['one', 'two']) server.put(PODS, pod(name));
  const given = await options(policies.url);
  const start = (identity: string) => {
    const stopping = new AbortController();
    const metrics = createMetrics();
    const lease = { leaseSeconds: 3, renewSeconds: 2, retrySeconds: 0.1 };
    const running = auditAsLeader({ ...given, identity, metrics, lease, debounceMs: 20, signal: stopping.signal });
    const stop = async (): Promise<void> => {
      stopping.abort();
      await running;
    };
    t.after(stop);
    return { metrics, stop };
  };
  const first = start('first');
  await until(() => policies.asked.length === 2, 'the first pass');
  await until(() => hasFindings(first.metrics.text()), 'the first exports findings');
  const second = start('second');
  await sleep(300);
  assert.deepEqual(
    [first, second].map(({ metrics }) => isLeading(metrics.text())),
    [true, false],
  );
  assert.equal(policies.asked.length, 2);
  await first.stop();
  assert.equal(isLeading(first.metrics.text()), false);
  assert.equal(hasFindings(first.metrics.text()), false, 'who does not lead exports none');
  await until(() => isLeading(second.metrics.text()), 'the second leads');
  server.put(PODS, pod('three'));
  await until(() => policies.asked.length === 3, 'what has changed is asked about');
  assert.equal(policies.asked[2]?.request['name'], 'three');
});

test('scanners of different things have leases of different names', () => {
  const names = [{}, { clusterOnly: true }, { namespace: 'a' }, { namespace: 'cluster' }].map(leaseName);
  assert.equal(new Set(names).size, names.length);
});
