import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createOciClient, type Reach } from '@ostiary/registry';
import { followReach } from './reach.ts';

/** A reach for every opening; what the files say now is `broken` or not. */
function files() {
  const state = { broken: false, opened: 0, closed: [] as number[], ends: 0, logged: [] as string[] };
  const open = async (): Promise<Reach> => {
    if (state.broken) throw new Error('broken');
    const number = ++state.opened;
    const close = async (): Promise<void> => void state.closed.push(number);
    return { client: { ...createOciClient(), close }, trustRoot: async () => ({}) as never, hasCredentials: true };
  };
  const followed = followReach({
    open,
    replaced: () => void (state.ends += 1),
    log: (level, message) => void state.logged.push(`${level}: ${message}`),
    retryMs: 50,
    closeMs: 10,
  });
  return { state, ...followed };
}

test('it is opened once, and again after a change, when nobody uses the old one any more', async () => {
  const { state, current, reload } = files();
  const [first, same] = await Promise.all([current(), current()]);
  assert.equal(first, same);
  assert.equal(await current(), first);
  reload();
  assert.equal(state.ends, 1, 'answers end at once, though nobody has asked yet');
  const second = await current();
  assert.notEqual(second, first);
  assert.equal(await current(), second);
  assert.deepEqual([state.opened, state.ends, state.closed], [2, 2, []]);
  await sleep(50);
  assert.deepEqual(state.closed, [1]);
});

test('what can not be used leaves the old one in force, is told, and tried again', async () => {
  const { state, current, reload } = files();
  const first = await current();
  state.broken = true;
  reload();
  for (let round = 0; round < 3; round += 1) assert.equal(await current(), first);
  const problem = 'error: changed sources, credentials or trust root can not be used for host calls';
  assert.deepEqual(state.logged, [problem], 'not for every question');
  state.broken = false;
  await sleep(60);
  assert.notEqual(await current(), first);
});

test('what can not be used at first is an error, and no error is kept', async () => {
  const { state, current } = files();
  state.broken = true;
  await assert.rejects(current(), /broken/);
  state.broken = false;
  assert.ok(await current());
});
