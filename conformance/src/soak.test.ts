import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Guest } from '@ostiary/sandbox';
import { tickingControl } from './node-control.ts';
import { callText, guestMaker, outputText } from './sandbox-host.ts';

const PROBE = new URL('../guests/as/probe/build/probe.wasm', import.meta.url);

/** `OSTIARY_SOAK=400000` asks for an hour of 110 a second. */
const CALLS = Math.max(100_000, Number(process.env['OSTIARY_SOAK'] ?? 0));
/** One call in so many goes wrong on purpose. */
const FAULT_EVERY = 7;
/** Memory is compared from here on: by then code is hot and buffers have their size. */
const SETTLED_AFTER = CALLS * 0.3;
/** What the collector may still hold at the end, in bytes. */
const SLACK = 48 * 1024 * 1024;

const FAULTS = ['fail', 'exit_zero', 'echo'] as const;
/** Larger than a page, so that the echo makes the guest grow. */
const LARGE = 'x'.repeat(300_000);

/** A small generator with a fixed start, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
}

function misbehave(guest: Guest, choice: number): void {
  const fault = FAULTS[choice % FAULTS.length] ?? 'fail';
  callText(guest, fault, fault === 'echo' ? LARGE : '{}');
}

/** After a collection, so that what is only waiting to be collected does not count. */
function residentMemory(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage.rss();
}

describe(`${CALLS} calls with faults in between`, async () => {
  const makeGuest = guestMaker(await tickingControl(), 'wasi-reactor', 2000);
  const guest = makeGuest(readFileSync(PROBE), ['count', ...FAULTS]);

  test('every honest call finds the state that the first one found, and memory does not grow', () => {
    const next = random(1);
    const first = outputText(callText(guest, 'count', '{}'));
    assert.match(first ?? '', /1/);
    let settled = 0;
    for (let call = 0; call < CALLS; call++) {
      if (next() % FAULT_EVERY === 0) misbehave(guest, next() >>> 8);
      assert.equal(outputText(callText(guest, 'count', '{}')), first, `call ${call}`);
      if (call === SETTLED_AFTER) settled = residentMemory();
    }
    const grown = residentMemory() - settled;
    assert.ok(grown < SLACK, `resident memory grew by ${grown} bytes`);
  });
});
