import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostAnswer } from '@ostiary/sandbox';
import type { Questioner } from './contract.ts';
import { question } from './testing/asking-guest.ts';
import { createCapabilityThread, type CapabilityThreadOptions } from './worker.ts';
import { slotOf, versionOf } from './versions.ts';

const GRANTED: Questioner = { policy: 'p', grants: { hostCapabilities: ['*'], contextAwareResources: [] } };
const UNGRANTED: Questioner = { policy: 'p', grants: { hostCapabilities: [], contextAwareResources: [] } };
const FAULTY = new URL('./faulty-thread.fixture.ts', import.meta.url);
const { signal } = new AbortController();

function thread(t: TestContext, options: Partial<CapabilityThreadOptions> = {}) {
  const logged: string[] = [];
  const made = createCapabilityThread({
    log: (_level, message) => void logged.push(message),
    logFormat: { level: 'error', format: 'text' },
    ...options,
  });
  t.after(() => made.stop());
  const ask = async (operation: string, questioner = GRANTED): Promise<HostAnswer> =>
    (await made.answer(question('', operation), questioner, signal)).answer;
  return { ...made, ask, logged };
}

const errorOf = (answer: HostAnswer): string => (answer.ok ? 'no error' : answer.error);

test('the real thread answers, refusals included', async (t) => {
  const { ask } = thread(t);
  assert.equal(errorOf(await ask('else')), 'unknown operation: else');
  assert.equal(errorOf(await ask('can_i')), 'the payload is not JSON');
});

test('a policy that may ask nothing starts no thread', async (t) => {
  const { ask } = thread(t, { entry: new URL('file:///nowhere.ts') });
  assert.match(errorOf(await ask('can_i', UNGRANTED)), /has not been granted access to the 'kubernetes\/can_i' host/);
});

test('a thread that dies: its questions fail, and another one follows', async (t) => {
  const { ask, versions } = thread(t, { entry: FAULTY });
  assert.ok((await ask('first')).ok);
  const slot = slotOf('list');
  const version = versionOf(versions, slot);
  const silent = ask('silence');
  assert.match(errorOf(await ask('die')), /'kubernetes\/die' of 'kubewarden' failed: its thread ended/);
  assert.match(errorOf(await silent), /failed: its thread ended/);
  assert.notEqual(versionOf(versions, slot), version, 'what it has answered holds no longer');
  assert.match(errorOf(await ask('too soon')), /failed: its thread is being restarted/);
  await sleep(250);
  assert.ok((await ask('again')).ok);
});

test('a defect is a rejection, whose cause is not for guests', async (t) => {
  const { ask } = thread(t, { entry: FAULTY });
  await assert.rejects(ask('break'), /a defect/);
});

test('a question that is given up takes no room any more, whether the thread answers it or not', async (t) => {
  const { answer } = thread(t, { entry: FAULTY });
  const controller = new AbortController();
  const silent = answer(question('', 'silence'), GRANTED, controller.signal);
  await sleep(50);
  controller.abort();
  const given = await Promise.race([silent, sleep(1000)]);
  assert.match(given ? errorOf(given.answer) : 'nothing', /'kubernetes\/silence' of 'kubewarden' was given up/);
});

test('after the end nobody waits', async (t) => {
  const { ask, stop } = thread(t, { entry: FAULTY });
  const silent = ask('silence');
  await sleep(100);
  await stop();
  assert.match(errorOf(await silent), /its thread ended/);
  assert.match(errorOf(await ask('more')), /is gone: the server is stopping/);
});
