import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCallState } from '../call-state.ts';
import { createControl } from '../control.ts';
import { GuestMemory } from '../memory.ts';
import type { WasiContext } from './context.ts';
import { ERRNO } from './errno.ts';
import { UNSTABLE_IMPORTS, unstableImports } from './preview0.ts';

type Functions = Readonly<Record<string, (...args: (number | bigint)[]) => number>>;

function host(): { readonly memory: GuestMemory; readonly wasi: Functions } {
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1 }));
  const context: WasiContext = {
    memory,
    state: newCallState([]),
    control: createControl(),
    outputLimit: 100,
    answersOnStdout: true,
    args: [],
    parking: false,
    random: (target) => void target.fill(7),
    wallClock: () => 0,
    monotonicClock: () => 0,
  };
  return { memory, wasi: unstableImports(context) as unknown as Functions };
}

test('it has every function of its interface', () => {
  const { wasi } = host();
  assert.equal(Object.keys(UNSTABLE_IMPORTS).length, 45);
  for (const name of Object.keys(UNSTABLE_IMPORTS)) assert.equal(typeof wasi[name], 'function', name);
  assert.ok(!('sock_accept' in UNSTABLE_IMPORTS));
});

test('a filestat has 56 bytes, and what follows them is left alone', () => {
  const { memory, wasi } = host();
  memory.write(0, new Uint8Array(64).fill(255));
  assert.equal(wasi['fd_filestat_get']!(0, 0), ERRNO.success);
  assert.deepEqual(
    memory.copy(0, 64),
    Uint8Array.from({ length: 64 }, (_, index) => (index < 56 ? 0 : 255)),
  );
});

test('a subscription has 56 bytes, with the clock behind an identifier', () => {
  const { memory, wasi } = host();
  for (const [index, ms] of [5, 1000].entries()) {
    memory.writeU64(index * 56, BigInt(index + 1));
    memory.writeU32(index * 56 + 24, 1);
    memory.writeU64(index * 56 + 32, BigInt(ms) * 1_000_000n);
  }
  const started = performance.now();
  assert.equal(wasi['poll_oneoff']!(0, 1000, 2, 2000), ERRNO.success);
  assert.ok(performance.now() - started < 500);
  assert.equal(memory.readU32(2000), 1, 'one is ready');
  assert.equal(memory.readU32(1000), 1, 'the first one');
});
