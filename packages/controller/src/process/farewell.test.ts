import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEASES } from '@ostiary/kube';
import * as kinds from '../cluster/kinds.ts';
import { CAP, NAMESPACE, withActivePolicy } from '../testing/harness.ts';
import { cleanUp } from './cleanup.ts';
import { LEASE_NAME } from './leader.ts';
import { createControllerLog } from './log.ts';

const COLLECTION = '/apis/policies.kubewarden.io/v1/clusteradmissionpolicies';

for (const [what, path, method, expected] of [
  ['a status that is refused', `${COLLECTION}/a/status`, 'PATCH', /could not be taken back.*"name":"a".*injected/],
  ['a list that is refused', COLLECTION, 'GET', /could not be listed.*"kind":"ClusterAdmissionPolicy".*injected/],
] as const) {
  test(`${what} at the farewell is logged, and does not keep the rest from being removed`, async (t) => {
    const h = await withActivePolicy(t);
    await h.controller.stop();
    h.put(LEASES, { metadata: { namespace: NAMESPACE, name: LEASE_NAME }, spec: {} });
    const said: string[] = [];
    const log = createControllerLog(
      'warn',
      (line) => said.push(line),
      () => new Date(),
    );
    // Finalizers go before the farewell: what is asked for later belongs to it.
    const isFarewell = (): boolean => (h.find(CAP, 'a')?.metadata.finalizers ?? []).length === 0;
    h.server.inject({
      match: (request) => request.path === path && request.method === method && isFarewell(),
      times: 50,
      action: { type: 'status', status: 403, reason: 'Forbidden', message: 'injected' },
    });
    await cleanUp(h.client, log, h.options);
    assert.match(said.join(''), expected);
    assert.equal(h.find(LEASES, LEASE_NAME), undefined);
    assert.equal(h.find(kinds.SECRETS, 'kubewarden-ca'), undefined);
  });
}
