import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { create, createInformer } from '@ostiary/kube';
import { callsOf, peakOf } from './figures.ts';
import { CAPS, isActive, policy, policyServer } from './scene.ts';
import { startStack, type ControllerProcess, type Loose, type Stack } from './stack.ts';

/** Policies altogether; `OSTIARY_COLD=1000` asks for more. */
const POLICIES = Number(process.env['OSTIARY_COLD'] ?? '100');
const SERVERS = ['one', 'two', 'three', 'four', 'five'];
const PATIENCE_MS = Math.max(60_000, POLICIES * 300);

/** What the first controller of a cluster makes for itself and for each server, whatever the number of policies. */
const CALLS_AT_MOST = 400;
/** A finalizer, a webhook configuration, its status as it comes to be served by the pods, and its event. */
const CALLS_PER_POLICY = 8;

/** As the chart has it: half of the container's 256 MiB for the heap. */
const NODE_FLAGS = ['--max-old-space-size=128'];
const MEMORY_MIB = 256;

let stack: Stack;

before(async () => {
  stack = await startStack();
  await stack.kubectl(['apply', '-f', '-'], {
    apiVersion: 'v1',
    kind: 'List',
    items: SERVERS.map((name) => policyServer(name)),
  });
  for (let at = 0; at < POLICIES; at += 1) {
    await create(stack.client, CAPS, policy(`p${at}`, `bad${at}`, 'elsewhere', SERVERS[at % SERVERS.length]));
  }
});

after(async () => {
  await stack?.stop();
});

async function quiet(controller: ControllerProcess): Promise<void> {
  // The lease alone is read and written twice in this time.
  await stack.eventually('quiet', async () => {
    const before = await callsOf(controller);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    return (await callsOf(controller)).sum - before.sum <= 6;
  });
}

test(`${POLICIES} policies on ${SERVERS.length} servers are there before any controller is`, async (t) => {
  const caps = createInformer<Loose>({ client: stack.client, resource: CAPS });
  t.after(() => caps.stop());
  const from = performance.now();
  const controller = await stack.startController([], { nodeFlags: NODE_FLAGS });
  await stack.eventually('all to be active', async () => caps.list().filter(isActive).length === POLICIES, PATIENCE_MS);
  const ms = Math.round(performance.now() - from);
  await quiet(controller);
  const first = await callsOf(controller);
  t.diagnostic(
    `active after ${ms} ms; ${first.sum} calls: ${first.text}; ${await peakOf(controller.daemon.pid)} MiB at most`,
  );
  assert.ok(first.sum <= CALLS_AT_MOST + CALLS_PER_POLICY * POLICIES, first.text);
  assert.ok((await peakOf(controller.daemon.pid)) < MEMORY_MIB);
  await controller.daemon.stop('SIGTERM');

  const second = await stack.startController([], { nodeFlags: NODE_FLAGS });
  await quiet(second);
  const again = await callsOf(second);
  t.diagnostic(
    `a second controller: ${again.sum} calls: ${again.text}; ${await peakOf(second.daemon.pid)} MiB at most`,
  );
  // It finds everything as it should be: it reads once, writes its lease, and nothing else.
  assert.equal(/\b(create|patch|delete|apply)\b/.test(again.text), false, again.text);
  assert.ok(again.sum < 100, again.text);
});
