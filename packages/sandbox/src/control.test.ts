import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arm, createControl, createTicker, disarm, stoppedRun } from './control.ts';

test('a run is stopped when its limit has passed since the ticker first saw it, not before', () => {
  const control = createControl();
  const tick = createTicker([control]);
  tick(1000);
  const run = arm(control, 20);
  for (const now of [5000, 5005, 5019]) {
    tick(now);
    assert.equal(stoppedRun(control), 0, `at ${now}`);
  }
  tick(5020);
  assert.equal(stoppedRun(control), run);
});

test('a run that has ended is not stopped, and the next one has a limit of its own', () => {
  const control = createControl();
  const tick = createTicker([control]);
  arm(control, 20);
  tick(0);
  disarm(control);
  tick(30);
  assert.equal(stoppedRun(control), 0);
  const next = arm(control, 20);
  tick(35);
  tick(54);
  assert.equal(stoppedRun(control), 0);
  tick(55);
  assert.equal(stoppedRun(control), next);
});

test('a stop that comes late names the run that it was meant for', () => {
  const control = createControl();
  const tick = createTicker([control]);
  const first = arm(control, 20);
  tick(0);
  tick(20);
  disarm(control);
  assert.equal(stoppedRun(control), first);
  const second = arm(control, 20);
  assert.notEqual(second, first);
  assert.equal(stoppedRun(control), 0, 'arming clears the flag');
});

test('each control has its own time', () => {
  const [one, other] = [createControl(), createControl()];
  const tick = createTicker([one, other]);
  const short = arm(one, 5);
  arm(other, 500);
  tick(0);
  tick(5);
  assert.equal(stoppedRun(one), short);
  assert.equal(stoppedRun(other), 0);
});
