import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as kinds from '../cluster/kinds.ts';
import { SNAPSHOT_OF } from '../desired/snapshot.ts';
import {
  clusterPolicy,
  NAMESPACE,
  policyServer,
  startHarness,
  type AnyObject,
  type Harness,
} from '../testing/harness.ts';

const CAP = kinds.POLICY_RESOURCES.ClusterAdmissionPolicy;
const DEPLOYMENT = 'policy-server-default';

function snapshots(h: Harness): readonly AnyObject[] {
  return (h.server.store.list(kinds.CONFIG_MAPS, NAMESPACE) as readonly AnyObject[]).filter(
    ({ metadata }) => metadata.labels?.[SNAPSHOT_OF] === 'default',
  );
}

/** The ConfigMap that pods of the newest template mount. */
function mounted(h: Harness): string | undefined {
  const volumes = h.find(kinds.DEPLOYMENTS, DEPLOYMENT)?.['spec'].template.spec.volumes ?? [];
  return volumes.find(({ name }: { name: string }) => name === 'policies')?.configMap.name;
}

test('pods that mount their configuration have that of their own revision, and what can be gone back to is kept', async (t) => {
  const h = await startHarness(t);
  h.put(kinds.POLICY_SERVERS, policyServer('default', { image: 'ghcr.io/kubewarden/policy-server:v1' }));
  const first = await h.eventually('a Deployment', () => mounted(h));
  const pinned = h.find(kinds.CONFIG_MAPS, first)!;
  const version = pinned.metadata.annotations?.['kubewarden/config-version'] ?? '';
  assert.equal(h.find(kinds.DEPLOYMENTS, DEPLOYMENT)?.metadata.annotations?.['kubewarden/config-version'], version);
  // A pod of the first revision goes on for as long as all of this takes.
  const labels = { 'kubewarden/policy-server': 'default', 'kubewarden/config-version': version };
  h.put(kinds.PODS, { metadata: { namespace: NAMESPACE, name: 'old', labels } });
  for (let at = 0; at < 14; at += 1) {
    const before = mounted(h);
    h.put(CAP, { ...clusterPolicy('a', { message: `m${at}` }), metadata: h.find(CAP, 'a')?.metadata ?? { name: 'a' } });
    await h.eventually('the next revision', () => mounted(h) !== before);
    const now = h.find(kinds.CONFIG_MAPS, mounted(h) ?? '');
    assert.equal(now?.['immutable'], true);
    assert.match(now['data']['policies.yml'], new RegExp(`m${at}"`));
  }
  await h.quiet();
  assert.ok(h.find(kinds.CONFIG_MAPS, first), 'a pod still mounts it');
  assert.ok(snapshots(h).length <= 12, `${snapshots(h).length} of 15`);
  h.remove(kinds.PODS, 'old');
  h.put(kinds.POLICY_SERVERS, { ...policyServer(), metadata: h.find(kinds.POLICY_SERVERS, 'default')!.metadata });
  await h.eventually('pods that follow', () => mounted(h) === undefined);
  await h.eventually('no snapshot to be left', () => snapshots(h).length === 0);
});
