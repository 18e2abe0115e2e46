import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as kinds from '../cluster/kinds.ts';
import {
  CAP,
  clusterPolicy,
  isActive,
  policyServer,
  putPod,
  revisionOf,
  sleep,
  startHarness,
  withActivePolicy,
} from '../testing/harness.ts';

suite('a delivery', () => {
  test('writes the status of what it changes, and of nothing else', async (t) => {
    const h = await withActivePolicy(t);
    for (const name of ['b', 'c']) h.put(CAP, clusterPolicy(name));
    await h.eventually('all to be active', () => isActive(h, 'b') && isActive(h, 'c'));
    await h.quiet();
    const from = h.server.requests.length;
    h.put(CAP, { ...clusterPolicy('c', { settings: { other: true } }), metadata: h.find(CAP, 'c')!.metadata });
    await h.quiet();
    const written = h.server.requests.slice(from).filter(({ method }) => method === 'PATCH');
    const statuses = written.map(({ path }) => path).filter((path) => path.endsWith('/status'));
    const policies = statuses.filter((path) => path.includes('/clusteradmissionpolicies/'));
    assert.ok(policies.length > 0);
    assert.deepEqual(
      policies.filter((path) => !path.includes('/clusteradmissionpolicies/c/')),
      [],
    );
  });

  test('waits for pods that take the one before in, but not for ever', async (t) => {
    const h = await startHarness(t);
    h.put(kinds.POLICY_SERVERS, policyServer());
    await h.eventually('a revision', () => revisionOf(h));
    putPod(h);
    await h.quiet();
    const changed = async (name: string): Promise<void> => {
      const before = revisionOf(h);
      h.put(CAP, clusterPolicy(name));
      await h.eventually(`a revision with ${name}`, () => revisionOf(h) !== before);
    };
    await changed('a');
    const from = performance.now();
    await changed('b');
    assert.ok(performance.now() - from > 500, 'the pod has not said anything');
    putPod(h);
    await sleep(50);
    const next = performance.now();
    await changed('c');
    assert.ok(performance.now() - next < 500, 'the pod has');
  });
});
