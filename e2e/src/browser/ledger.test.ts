import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createLedger } from './ledger.ts';

suite('the ledger of a browser run', () => {
  test('gives what was told, before and after it was asked for', async () => {
    const ledger = createLedger();
    const early = Promise.all([ledger.cases(), ledger.result('a'), ledger.times()]);
    const result = { type: 'result', name: 'a', ms: 1 } as const;
    ledger.record({ type: 'cases', names: ['a'] });
    ledger.record(result);
    ledger.record({ type: 'times', times: [{ guest: 'C', us: 2 }] });
    assert.deepEqual(await early, [['a'], result, [{ guest: 'C', us: 2 }]]);
    assert.deepEqual(await ledger.result('a'), result);
  });
  test('rejects what will not come, and says where the run stood', async () => {
    const ledger = createLedger();
    const waiting = assert.rejects(ledger.result('b'), /no end; 1 of 3 cases had ended, the next was 'b'/);
    ledger.record({ type: 'cases', names: ['a', 'b', 'c'] });
    ledger.record({ type: 'result', name: 'a', ms: 1 });
    ledger.close('no end');
    await waiting;
    await assert.rejects(ledger.times(), /no end/);
    assert.equal((await ledger.result('a')).ms, 1);
  });
  test('a case that the browser does not know fails when everything is told', async () => {
    const ledger = createLedger();
    const waiting = assert.rejects(ledger.result('unknown'), /told everything; 0 of 0/);
    ledger.record({ type: 'cases', names: [] });
    ledger.record({ type: 'times', times: [] });
    await waiting;
  });
  test('the first reason of an end stands, with its details last', async () => {
    const ledger = createLedger();
    ledger.close('no memory', 'the log');
    ledger.close('later');
    await assert.rejects(ledger.cases(), /^Error: no memory; it had not told its cases\nthe log\n$/);
  });
});
