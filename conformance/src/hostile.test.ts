import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Outcome } from '@ostiary/sandbox';
import { heapAttacks } from '../guests/hostile/index.ts';
import { hostileContract } from './hostile.suite.ts';
import { tickingControl } from './node-control.ts';
import { guestMaker } from './sandbox-host.ts';

const control = await tickingControl();

hostileContract({ suite, test }, guestMaker(control, 'wasi-reactor'));

/** Only Node can bound the heap of a thread, so this is no part of the contract that other hosts meet. */
suite('the heap of the host', () => {
  for (const [name, module] of Object.entries(heapAttacks)) {
    test(`a guest that ${name} without end does not fill it`, async () => {
      const outcome = await callWithSmallHeap(module);
      assert.ok(!outcome.ok);
      assert.ok(['deadline', 'output-limit'].includes(outcome.failure.code), outcome.failure.message);
    });
  }
});

/** Runs one attack, for a second and with the default limit of output, in a thread whose heap is small; rejects when the thread dies of that. */
async function callWithSmallHeap(module: Uint8Array<ArrayBuffer>): Promise<Outcome> {
  const worker = new Worker(new URL('small-heap-thread.ts', import.meta.url), {
    workerData: { module, control: control.memory },
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
  try {
    const [outcome] = (await once(worker, 'message')) as [Outcome];
    return outcome;
  } finally {
    await worker.terminate();
  }
}
