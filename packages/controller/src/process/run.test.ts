import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import * as kinds from '../cluster/kinds.ts';
import {
  clusterPolicy,
  obedientPod,
  policyServer,
  putPod,
  sleep,
  startHarness,
  type Harness,
} from '../testing/harness.ts';

const CAP = kinds.POLICY_RESOURCES.ClusterAdmissionPolicy;

test('a policy comes from nothing to being enforced, and goes again', async (t) => {
  const h = await startHarness(t, {}, { lingerMs: 800 });
  h.put(CAP, clusterPolicy('no-priv'));
  await h.eventually('scheduled', () => h.find(CAP, 'no-priv')?.['status']?.policyStatus === 'scheduled');
  h.put(kinds.POLICY_SERVERS, policyServer());
  await h.eventually('pending', () => h.find(CAP, 'no-priv')?.['status']?.policyStatus === 'pending');
  for (const kind of [kinds.DEPLOYMENTS, kinds.SERVICES, kinds.CONFIG_MAPS, kinds.SECRETS, kinds.ROLES]) {
    await h.eventually(kind.plural, () => h.find(kind, 'policy-server-default'));
  }
  assert.equal(h.find(kinds.VALIDATING, 'kw.cap.no-priv'), undefined);
  putPod(h);
  const webhook = await h.eventually('webhook', () => h.find(kinds.VALIDATING, 'kw.cap.no-priv'));
  const active = await h.eventually('active', () => {
    const found = h.find(CAP, 'no-priv');
    return found?.['status']?.policyStatus === 'active' && found;
  });
  assert.equal(active['status'].mode, 'protect');
  assert.deepEqual(active.metadata.finalizers, ['kubewarden.io/finalizer']);
  const ca = Buffer.from(h.find(kinds.SECRETS, 'kubewarden-ca')?.['data']['ca.crt'], 'base64').toString();
  assert.equal(Buffer.from(webhook['webhooks'][0].clientConfig.caBundle, 'base64').toString(), ca);
  const leaf = new X509Certificate(
    Buffer.from(h.find(kinds.SECRETS, 'policy-server-default')?.['data']['tls.crt'], 'base64').toString(),
  );
  assert.ok(leaf.checkHost('policy-server-default.kubewarden.svc'));
  h.remove(CAP, 'no-priv');
  await h.eventually('gone', () => h.find(CAP, 'no-priv') === undefined);
  assert.equal(h.find(kinds.VALIDATING, 'kw.cap.no-priv'), undefined);
  // Longer than it takes to look at the server again.
  await sleep(400);
  const stillServed = JSON.parse(h.find(kinds.CONFIG_MAPS, 'policy-server-default')?.['data']['policies.yml']);
  assert.ok('kw.cap.no-priv' in stillServed, 'an API server that has not heard of it yet is still answered');
  await h.eventually(
    'forgotten',
    () => h.find(kinds.CONFIG_MAPS, 'policy-server-default')?.['data']['policies.yml'] === '{}',
  );
});

/** A server's counts follow its policies within a second. */
function counted(h: Harness, active: number): Promise<unknown> {
  return h.eventually('counts', () => h.find(kinds.POLICY_SERVERS, 'default')?.['status']?.policies?.active === active);
}

test('once everything is as it should be, nothing is asked of the API server', async (t) => {
  const h = await startHarness(t);
  t.after(obedientPod(h));
  h.put(kinds.POLICY_SERVERS, policyServer());
  for (const name of ['a', 'b', 'c']) h.put(CAP, clusterPolicy(name));
  await h.eventually('active', () =>
    ['a', 'b', 'c'].every((name) => h.find(CAP, name)?.['status']?.policyStatus === 'active'),
  );
  await counted(h, 3);
  await h.quiet();
  const before = h.server.requests.length;
  await sleep(500);
  assert.equal(h.server.requests.length, before);
  // Looked at again, because somebody touched them, they are still right.
  h.put(kinds.DEPLOYMENTS, {
    ...h.find(kinds.DEPLOYMENTS, 'policy-server-default')!,
    metadata: {
      ...h.find(kinds.DEPLOYMENTS, 'policy-server-default')!.metadata,
      annotations: { ...h.find(kinds.DEPLOYMENTS, 'policy-server-default')!.metadata.annotations, other: 'x' },
    },
  });
  await h.quiet();
  assert.deepEqual(
    h.server.requests.slice(before).map(({ method, path }) => `${method} ${path}`),
    [],
  );
});

test('a controller that begins anew changes nothing', async (t) => {
  const h = await startHarness(t);
  t.after(obedientPod(h));
  h.put(kinds.POLICY_SERVERS, policyServer());
  h.put(CAP, clusterPolicy('a'));
  await h.eventually('active', () => h.find(CAP, 'a')?.['status']?.policyStatus === 'active');
  await counted(h, 1);
  await h.quiet();
  await h.controller.stop();
  const before = h.server.requests.length;
  await h.start();
  await h.quiet();
  const writes = h.server.requests.slice(before).filter(({ method }) => method !== 'GET');
  assert.deepEqual(
    writes.map(({ method, path, body }) => `${method} ${path} ${body}`),
    [],
  );
});
