import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Outbox } from './outbox.ts';

test('answers wait for those of the same turn and leave in order', async () => {
  const outbox = new Outbox();
  const sent: number[] = [];
  for (const number of [1, 2]) outbox.add({ send: () => void sent.push(number) });
  assert.deepEqual(sent, []);
  await turn();
  assert.deepEqual(sent, [1, 2]);
});

test('none waits much longer than a few quick requests take', () => {
  const outbox = new Outbox();
  const sent: number[] = [];
  const sender = { send: (): void => void sent.push(performance.now()) };
  const started = performance.now();
  while (sent.length === 0 && performance.now() - started < 1000) outbox.add(sender);
  const waited = performance.now() - started;
  assert.ok(waited >= 0.2 && waited < 1000, `waited ${waited} ms`);
});

test('an answer that leads to another sends that one too', async () => {
  const outbox = new Outbox();
  const sent: string[] = [];
  const second = { send: (): void => void sent.push('second') };
  outbox.add({ send: () => (sent.push('first'), outbox.add(second)) });
  await turn();
  await turn();
  assert.deepEqual(sent, ['first', 'second']);
});
