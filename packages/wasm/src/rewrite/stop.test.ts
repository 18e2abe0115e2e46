import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { encodeModule, exported, functionTypeOf, I32 } from '../testing/encode.ts';
import { controlMemory } from '../testing/run.ts';
import { i32, type Code } from './assembler.ts';
import { STOP_FLAG_OFFSET, type Rewritten } from './options.ts';
import { rewrite } from './rewrite.ts';

/**
 * Runs a guest in a thread of its own, which can be ended even when the flag does not stop the guest; all but tail calls,
 * where V8 does not look whether it should end: should the check be missing there, the test hangs.
 */
const RUNNER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { module, limits, control } = workerData;
  const ostiary = { memory: new WebAssembly.Memory(limits), control };
  const { exports } = new WebAssembly.Instance(module, { ostiary });
  parentPort.postMessage('running');
  try {
    exports.f(60);
    parentPort.postMessage('returned');
  } catch (error) {
    parentPort.postMessage(error.name + ': ' + error.message);
  }
`;

/** What became of the guest after its flag was set; gives up after three seconds. */
async function endOf({ bytes, memory }: Rewritten): Promise<unknown> {
  const control = controlMemory();
  const workerData = { module: new WebAssembly.Module(bytes), limits: memory!.limits, control };
  const worker = new Worker(RUNNER, { eval: true, workerData });
  try {
    await once(worker, 'message');
    await setTimeout(10);
    Atomics.store(new Int32Array(control.buffer), STOP_FLAG_OFFSET / 4, 1);
    const [end] = (await once(worker, 'message', { signal: AbortSignal.timeout(3000) })) as unknown[];
    return end;
  } finally {
    await worker.terminate();
  }
}

const NEVER_ENDING: readonly (readonly [title: string, code: Code])[] = [
  ['a loop', [0x03, 0x40, 0x0c, 0, 0x0b]],
  ['a loop of stores', [0x03, 0x40, i32(8), i32(1), 0x36, 0, 0, 0x0c, 0, 0x0b]],
  ['loops, one in dead code', [0x03, 0x40, 0x0c, 0, 0x03, 0x40, 0x0b, 0x0b]],
  ['a loop that grows memory', [0x03, 0x40, i32(1), 0x40, 0, 0x1a, 0x0c, 0, 0x0b]],
  ['a loop with a large fill', [0x03, 0x40, i32(0), i32(1), i32(65_536), 0xfc, 11, 0, 0x0c, 0, 0x0b]],
  ['a loop that takes parameters', [i32(1), 0x03, 1, 0x0c, 0, 0x0b, 0x1a]],
  ['a tree of calls', [0x20, 0, 0x45, 0x04, 0x40, 0x0f, 0x0b, callLess(), callLess()]],
  ['tail calls', [0x20, 0, 0x12, 0]],
  ['tail calls through the table', [0x20, 0, i32(0), 0x13, 0, 0]],
  [
    'a loop around a handler of everything',
    [0x03, 0x40, 0x02, 0x40, 0x1f, 0x40, 1, 2, 0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b, 0x0b, 0x0c, 0, 0x0b],
  ],
  ['a loop around an older handler', [0x03, 0x40, 0x06, 0x40, 0x03, 0x40, 0x0c, 0, 0x0b, 0x19, 0x0b, 0x0c, 0, 0x0b]],
];

function callLess(): Code {
  return [0x20, 0, i32(1), 0x6b, 0x10, 0];
}

const TRAP = 'RuntimeError: unreachable';

suite('the flag stops', () => {
  for (const [title, code] of NEVER_ENDING) {
    for (const snapshot of ['none', 'dirty-map'] as const) {
      test(`${title}: snapshot ${snapshot}`, async () => {
        const bytes = encodeModule({
          types: [functionTypeOf([I32], []), functionTypeOf([I32], [I32])],
          functions: [{ type: 0, code }],
          tables: [[0x70, 0, 1]],
          memories: [[0, 1]],
          exports: [exported('f', 'function', 0)],
          elements: [[0, i32(0), 0x0b, 1, 0]],
        });
        assert.ok(WebAssembly.validate(bytes), 'the test module is valid');
        assert.equal(await endOf(rewrite(bytes, { interrupt: true, maxPages: 4, snapshot })), TRAP);
      });
    }
  }
});
