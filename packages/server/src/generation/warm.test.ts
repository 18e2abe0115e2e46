import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trialPlan } from './warm.ts';

test('the more modules, the less each is tried: at last one that has run already is not tried at all', () => {
  const threads = 3;
  const cases: readonly (readonly [modules: number, runs: number, runsAfterCall: number, limitMs: number])[] = [
    [0, 300, 300, 500],
    [1, 300, 300, 500],
    [16, 300, 300, 375],
    [17, 10, 0, 353],
    [600, 10, 0, 10],
  ];
  for (const [modules, runs, runsAfterCall, limitMs] of cases) {
    assert.deepEqual(trialPlan(modules, threads), { runs, runsAfterCall, limitMs }, `${modules} modules`);
  }
});
