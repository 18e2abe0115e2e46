import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectReport } from '../report/model.ts';
import { PODS } from '../testing/cluster.ts';
import { createLedger } from './ledger.ts';
import { ledgerMemory } from './memory.ts';

test('a report that was begun in an earlier pass does not look stale to the one that goes on', () => {
  const ledger = createLedger();
  const metadata = { namespace: 'team', name: 'web', uid: 'u', resourceVersion: '1' };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata };
  const report: ObjectReport = { object, resource: PODS, findings: [], skipped: 1 };
  for (const pass of [2, 1])
    ledgerMemory({ ledger, store: undefined, pass, isFull: false }).remember(report, `${pass}`);
  assert.deepEqual([ledger.get('u')?.pass, ledger.get('u')?.fingerprint], [2, '1']);
});
