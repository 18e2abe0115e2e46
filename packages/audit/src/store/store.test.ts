import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDiscovery, type KubeClient } from '@ostiary/kube';
import type { ObjectReport } from '../report/model.ts';
import { POLICY_REPORTS, PODS, testCluster } from '../testing/cluster.ts';
import { chooseReportKind } from './kinds.ts';
import { createReportStore } from './store.ts';

const STAMP = { runUid: 'run', fingerprint: 'f' };

function reportOf(skipped: number): ObjectReport {
  const metadata = { namespace: 'team', name: 'web', uid: 'u', resourceVersion: '1' };
  return { object: { apiVersion: 'v1', kind: 'Pod', metadata }, resource: PODS, findings: [], skipped };
}

/** A client whose lists of reports reach the store only when `meanwhile` is over. */
function slowLists(client: KubeClient, meanwhile: () => Promise<unknown>): KubeClient {
  const request: KubeClient['request'] = async (asked) => {
    const answer = await client.request(asked);
    if ((asked.method ?? 'GET') === 'GET' && asked.path.endsWith('/policyreports')) await meanwhile();
    return answer;
  };
  return { ...client, request };
}

test('a survey that began before a write or a removal does not undo what the store knows of it', async (t) => {
  const { client, server } = await testCluster(t);
  let meanwhile = async (): Promise<unknown> => undefined;
  const kinds = await chooseReportKind(createDiscovery(client), 'policyreport');
  const store = createReportStore(
    slowLists(client, () => meanwhile()),
    kinds,
  );
  const scopes = [{ scope: 'Namespaced' }] as const;
  await store.put(reportOf(1), STAMP);
  meanwhile = () => store.put(reportOf(2), STAMP);
  await store.survey(scopes);
  assert.equal(await store.put(reportOf(2), STAMP), 'unchanged');
  assert.equal(await store.put(reportOf(1), STAMP), 'written', 'what was listed is not there any more');
  meanwhile = async () => store.remove(server.store.get(POLICY_REPORTS, 'team', 'u'));
  await store.survey(scopes);
  assert.equal(await store.put(reportOf(1), STAMP), 'written', 'the report was removed');
  assert.equal(server.store.get(POLICY_REPORTS, 'team', 'u').metadata.name, 'u');
});

test('a survey that began while a report was being removed does not bring it back', async (t) => {
  const { client, server } = await testCluster(t);
  let survey: Promise<void> | undefined;
  const kinds = await chooseReportKind(createDiscovery(client), 'policyreport');
  const listed = Promise.withResolvers<void>();
  const removed = Promise.withResolvers<void>();
  const slow = slowLists(client, async () => {
    listed.resolve();
    await removed.promise;
  });
  const request: KubeClient['request'] = async (asked) => {
    if (asked.method === 'DELETE') {
      survey = store.survey([{ scope: 'Namespaced' }]);
      await listed.promise;
    }
    return slow.request(asked);
  };
  const store = createReportStore({ ...slow, request }, kinds);
  await store.put(reportOf(1), STAMP);
  await store.remove(server.store.get(POLICY_REPORTS, 'team', 'u'));
  removed.resolve();
  await survey;
  assert.equal(await store.put(reportOf(1), STAMP), 'written');
});
