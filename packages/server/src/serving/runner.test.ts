import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGuest, createControl } from '@ostiary/sandbox';
import type { Evaluated } from '../hostcalls/contract.ts';
import { startTicker } from '../ticker/start.ts';
import { createRunner } from './runner.ts';

const END = 0x0b;
const LOOP = [0x03, 0x40, 0x0c, 0x00, END];

/** `(module (memory 1) (func (export "_initialize") …) (func (export "validate") …))`. */
function moduleWith(start: readonly number[], run: readonly number[]): Uint8Array {
  const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
  const exported = (name: string, index: number): number[] => [
    name.length,
    ...new TextEncoder().encode(name),
    0x00,
    index,
  ];
  const body = (code: readonly number[]): number[] => [code.length + 2, 0x00, ...code, END];
  return Uint8Array.from([
    0x00,
    0x61,
    0x73,
    0x6d,
    0x01,
    0x00,
    0x00,
    0x00,
    ...section(1, 1, 0x60, 0, 0),
    ...section(3, 2, 0, 0),
    ...section(5, 1, 0x00, 1),
    ...section(7, 2, ...exported('_initialize', 0), ...exported('validate', 1)),
    ...section(10, 2, ...body(start), ...body(run)),
  ]);
}

const QUICK: Evaluated = { outcome: { ok: true, output: new Uint8Array(), micros: 10 }, said: [] };

for (const [what, start, run, heldAtMost] of [
  ['a start that never ends holds the serving thread once, for a tenth of a second', LOOP, [], 250],
  ['a run that never ends holds it for its budget', [], LOOP, 100],
] as const) {
  test(what, async () => {
    const control = createControl();
    const ticker = startTicker([control]);
    try {
      const options = { abi: 'wasi-reactor', operations: ['validate'], memoryBytes: 1 << 20 } as const;
      const guest = { key: 1, image: compileGuest(moduleWith(start, run), options), timeoutMs: 30_000 };
      let delegated = 0;
      const delegate = async (): Promise<Evaluated> => (delegated++, QUICK);
      const runner = createRunner({ guest, usualMicros: 10 }, control, delegate, () => undefined);
      // The ticker's thread takes a moment to start.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const hold = (): number => {
        const before = performance.now();
        void runner.run('validate', []);
        return performance.now() - before;
      };
      const first = hold();
      assert.ok(first < heldAtMost, `${first} ms`);
      assert.equal(delegated, 1);
      if (start.length > 0) assert.ok(hold() < 5, 'it is not tried again');
    } finally {
      await ticker.stop();
    }
  });
}

test('a guest whose trial runs failed is watched elsewhere first, and comes back when it is quick', async () => {
  const control = createControl();
  const options = { abi: 'wasi-reactor', operations: ['validate'], memoryBytes: 1 << 20 } as const;
  const guest = { key: 1, image: compileGuest(moduleWith([], []), options), timeoutMs: 1000 };
  const threads: string[] = [];
  const runner = createRunner(
    { guest },
    control,
    async () => QUICK,
    (_outcome, thread) => void threads.push(thread),
  );
  for (let call = 0; call < 8; call++) await runner.run('validate', []);
  assert.deepEqual([threads[0], threads.at(-1)], ['evaluation', 'serving']);
});

test('a quick guest comes back although some of its runs are interrupted for long', async () => {
  const control = createControl();
  const options = { abi: 'wasi-reactor', operations: ['validate'], memoryBytes: 1 << 20 } as const;
  const guest = { key: 1, image: compileGuest(moduleWith([], []), options), timeoutMs: 1000 };
  const threads: string[] = [];
  let calls = 0;
  const runner = createRunner(
    { guest },
    control,
    async () => ({ ...QUICK, outcome: { ...QUICK.outcome, micros: ++calls % 10 === 2 ? 900_000 : 50 } }),
    (_outcome, thread) => void threads.push(thread),
  );
  for (let call = 0; call < 12; call++) await runner.run('validate', []);
  assert.equal(threads.at(-1), 'serving', threads.join());
});
