import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMetrics } from '../metrics/metrics.ts';
import {
  CLUSTER_POLICIES,
  clusterPolicy,
  NAMESPACES,
  namespace,
  pod,
  PODS,
  POLICY_REPORTS,
  reportsIn,
  testCluster,
  type TestCluster,
} from '../testing/cluster.ts';
import { fakePolicyServer, labelsIn, type FakePolicyServer } from '../testing/policy-server.ts';
import type { ObjectReport } from '../report/model.ts';
import { auditContinuously, type ContinuousOptions } from './continuous.ts';

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 10) {
    assert.ok(waited < 10_000, `${what} did not come true`);
    await sleep(10);
  }
}

interface Scanner {
  readonly passes: () => number;
  readonly stop: () => Promise<void>;
}

async function start(
  t: TestContext,
  cluster: TestCluster,
  policies: FakePolicyServer,
  more: Partial<ContinuousOptions> = {},
): Promise<Scanner> {
  const stopping = new AbortController();
  let passes = 0;
  const options = {
    ...(await cluster.options(policies.url)),
    debounceMs: 20,
    signal: stopping.signal,
    onPass: () => void (passes += 1),
    ...more,
  };
  const running = auditContinuously(options);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  t.after(stop);
  await until(() => passes > 0, 'the first pass');
  return { stop, passes: () => passes };
}

const outcomes = (cluster: TestCluster): string =>
  [...reportsIn(cluster.server)]
    .map(
      ([name, report]) =>
        `${name} ${(report['results'] as { policy: string; result: string }[]).map(({ policy, result }) => `${policy.slice(5)}=${result}`).join()}`,
    )
    .sort()
    .join('; ');

async function settled(
  t: TestContext,
): Promise<{ readonly cluster: TestCluster; readonly policies: FakePolicyServer }> {
  const cluster = await testCluster(t);
  const policies = await fakePolicyServer(t, (question) => ({ allowed: labelsIn(question)['bad'] === undefined }));
  cluster.server.put(CLUSTER_POLICIES, clusterPolicy('a'));
  cluster.server.put(CLUSTER_POLICIES, clusterPolicy('b', { objectSelector: { matchLabels: { app: 'x' } } }));
  cluster.server.put(PODS, pod('one', { app: 'x' }));
  cluster.server.put(PODS, pod('two'));
  return { cluster, policies };
}

test('an object that changes is looked at again, and it alone', async (t) => {
  const { cluster, policies } = await settled(t);
  await start(t, cluster, policies);
  assert.equal(outcomes(cluster), 'one a=pass,b=pass; two a=pass');
  // The watch has begun when it has shown what there is.
  await sleep(200);
  const before = policies.asked.length;
  cluster.server.put(PODS, pod('two', { bad: 'yes' }));
  await until(() => outcomes(cluster).includes('two a=fail'), 'the new report');
  assert.deepEqual(
    policies.asked.slice(before).map(({ request }) => request['name']),
    ['two'],
  );
});

test('new objects get a report, and those that are gone lose theirs', async (t) => {
  const { cluster, policies } = await settled(t);
  await start(t, cluster, policies);
  cluster.server.put(PODS, pod('three'));
  await until(() => outcomes(cluster).includes('three a=pass'), 'the new report');
  cluster.server.store.remove(PODS, 'team', 'two');
  await until(() => !outcomes(cluster).includes('two'), 'the removal');
});

test('a new policy is asked about all objects, the others about none', async (t) => {
  const { cluster, policies } = await settled(t);
  const scanner = await start(t, cluster, policies);
  await sleep(200);
  const before = policies.asked.length;
  cluster.server.put(CLUSTER_POLICIES, clusterPolicy('c'));
  await until(() => scanner.passes() > 1, 'the second pass');
  assert.equal(outcomes(cluster), 'one a=pass,b=pass,c=pass; two a=pass,c=pass');
  assert.deepEqual(
    policies.asked.slice(before).map(({ policy }) => policy),
    ['cap..c', 'cap..c'],
  );
  cluster.server.store.remove(CLUSTER_POLICIES, undefined, 'a');
  await until(() => outcomes(cluster) === 'one b=pass,c=pass; two c=pass', 'the policy to go');
  assert.equal(policies.asked.length, before + 2);
});

test("a namespace's labels are part of the plan", async (t) => {
  const { cluster, policies } = await settled(t);
  cluster.server.put(CLUSTER_POLICIES, clusterPolicy('a', { namespaceSelector: { matchLabels: { env: 'prod' } } }));
  await start(t, cluster, policies);
  assert.equal(outcomes(cluster), 'one b=pass');
  await sleep(200);
  cluster.server.put(NAMESPACES, namespace('team', { env: 'prod' }));
  await until(() => outcomes(cluster) === 'one a=pass,b=pass; two a=pass', 'the namespace to count');
});

test('an object that is being looked at while the plan changes gets its verdicts, by the new plan', async (t) => {
  const { cluster, policies } = await settled(t);
  let isSlow = false;
  policies.answer = async ({ policy }) => {
    // A new plan is made, and the pass with it ends, before the second policy is asked.
    if (isSlow && policy === 'cap..a') {
      isSlow = false;
      await sleep(1000);
    }
    return { allowed: true };
  };
  const failures: string[] = [];
  const onReport = ({ findings }: ObjectReport): void => {
    failures.push(...findings.filter(({ outcome }) => outcome === 'error').map(({ message }) => message));
  };
  const scanner = await start(t, cluster, policies, { parallelPolicies: 1, onReport });
  await sleep(200);
  const before = policies.asked.length;
  isSlow = true;
  cluster.server.put(PODS, pod('one', { app: 'x', changed: 'yes' }));
  await until(() => policies.asked.length > before, 'the first question');
  cluster.server.put(CLUSTER_POLICIES, clusterPolicy('c'));
  await until(() => scanner.passes() > 1, 'the second pass');
  await sleep(1500);
  assert.deepEqual(failures, []);
  assert.equal(outcomes(cluster), 'one a=pass,b=pass,c=pass; two a=pass,c=pass', 'the new plan has the last word');
});

test('a report that was removed comes back when policies look at its object again, and does not count until then', async (t) => {
  const { cluster, policies } = await settled(t);
  const env = (value: string): void => void cluster.server.put(NAMESPACES, namespace('team', { env: value }));
  for (const name of ['a', 'b'])
    cluster.server.put(CLUSTER_POLICIES, clusterPolicy(name, { namespaceSelector: { matchLabels: { env: 'prod' } } }));
  env('prod');
  const metrics = createMetrics();
  await start(t, cluster, policies, { metrics });
  await sleep(200);
  env('test');
  await until(() => outcomes(cluster) === '', 'the reports to go');
  assert.doesNotMatch(metrics.text(), /^ostiary_audit_results\{/m);
  env('prod');
  await until(() => outcomes(cluster) === 'one a=pass,b=pass; two a=pass,b=pass', 'the reports to come back');
});

test('a process that starts anew trusts the reports of the one before', async (t) => {
  const { cluster, policies } = await settled(t);
  const first = await start(t, cluster, policies);
  await first.stop();
  const before = policies.asked.length;
  const metrics = createMetrics();
  await start(t, cluster, policies, { metrics });
  assert.equal(policies.asked.length, before);
  assert.match(metrics.text(), /^ostiary_audit_reused_total 2$/m);
  assert.match(metrics.text(), /^ostiary_audit_results\{policy="cap..a",outcome="pass"\} 2$/m);
});

test('a process that starts anew does not trust a report that somebody else has changed', async (t) => {
  const { cluster, policies } = await settled(t);
  const first = await start(t, cluster, policies);
  await first.stop();
  const report = reportsIn(cluster.server).get('two');
  assert.ok(report);
  const [result] = report['results'] as readonly object[];
  const managedFields = [{ manager: 'somebody', operation: 'Update', fieldsV1: { 'f:results': {} } }];
  const metadata = { ...report.metadata, managedFields };
  cluster.server.put(POLICY_REPORTS, { ...report, metadata, results: [{ ...result, result: 'fail' }] });
  const before = policies.asked.length;
  await start(t, cluster, policies);
  assert.equal(outcomes(cluster), 'one a=pass,b=pass; two a=pass');
  assert.deepEqual(
    policies.asked.slice(before).map(({ request }) => request['name']),
    ['two'],
  );
});

test('everything is evaluated anew when the time has come', async (t) => {
  const { cluster, policies } = await settled(t);
  const scanner = await start(t, cluster, policies, { resyncMs: 300 });
  const before = policies.asked.length;
  await until(() => scanner.passes() > 1 && policies.asked.length >= before + 3, 'another pass over everything');
});
