import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCallState, type CallState } from '../call-state.ts';
import { arm, createControl, createTicker } from '../control.ts';
import { GuestMemory } from '../memory.ts';
import { Stop } from '../stop.ts';
import type { WasiContext } from './context.ts';
import { ERRNO } from './errno.ts';
import { wasiImports } from './imports.ts';
import { WASI_SIGNATURES } from './signatures.ts';

const utf8 = new TextEncoder();
const PAGE = 65_536;

interface Host {
  readonly wasi: Record<string, (...args: (number | bigint)[]) => number>;
  readonly memory: GuestMemory;
  readonly state: CallState;
  readonly context: WasiContext;
}

function host(input: readonly string[] = [], outputLimit = 100): Host {
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1 }));
  const state = newCallState(input.map((text) => utf8.encode(text)));
  const context: WasiContext = {
    memory,
    state,
    control: createControl(),
    outputLimit,
    answersOnStdout: true,
    args: ['policy.wasm', 'validate'],
    parking: false,
    random: (target) => void target.fill(7),
    wallClock: () => 1_700_000_000_000,
    monotonicClock: () => 12.5,
  };
  return { wasi: wasiImports(context) as unknown as Host['wasi'], memory, state, context };
}

/** Puts an iovec list at 0 whose buffers lie at 1000. */
function iovecs({ memory }: Host, ...lengths: number[]): void {
  let at = 1000;
  for (const [index, length] of lengths.entries()) {
    memory.writeU32(index * 8, at);
    memory.writeU32(index * 8 + 4, length);
    at += length;
  }
}

test('fd_read fills several buffers from several segments and then says end of file', () => {
  const h = host(['ab', '', 'cdefg']);
  iovecs(h, 3, 2);
  assert.equal(h.wasi['fd_read']!(0, 0, 2, 500), ERRNO.success);
  assert.equal(h.memory.readU32(500), 5);
  assert.equal(new TextDecoder().decode(h.memory.copy(1000, 5)), 'abcde');
  assert.equal(h.wasi['fd_read']!(0, 0, 2, 500), ERRNO.success);
  assert.equal(h.memory.readU32(500), 2);
  assert.equal(h.wasi['fd_read']!(0, 0, 2, 500), ERRNO.success);
  assert.equal(h.memory.readU32(500), 0);
});

test('fd_write keeps a copy of stdout and stops the call above the limit', () => {
  const h = host([], 4);
  iovecs(h, 2, 2);
  h.memory.write(1000, utf8.encode('abcd'));
  assert.equal(h.wasi['fd_write']!(1, 0, 2, 500), ERRNO.success);
  h.memory.write(1000, utf8.encode('xxxx'));
  assert.equal(new TextDecoder().decode(h.state.output.take()), 'abcd');
  assert.throws(() => h.wasi['fd_write']!(1, 0, 1, 500), Stop);
  assert.equal(h.state.stopped?.code, 'output-limit');
});

test('a call that was stopped gets nothing more done, even by a guest that caught the exception', () => {
  const h = host();
  assert.throws(() => h.wasi['proc_exit']!(3), Stop);
  assert.throws(() => h.wasi['fd_write']!(1, 0, 0, 500), Stop);
  assert.deepEqual(h.state.stopped, { code: 'exit', message: 'called proc_exit(3) instead of returning' });
});

test('stderr is kept up to 4 KiB and never fails', () => {
  const h = host();
  iovecs(h, 3000);
  for (let round = 0; round < 3; round++) assert.equal(h.wasi['fd_write']!(2, 0, 1, 500), ERRNO.success);
  assert.equal(h.state.stderr.length, 4096);
});

test('pointers outside the memory, negative ones and overlong lists are errors, not exceptions', () => {
  const h = host(['abc']);
  for (const [name, ...args] of [
    ['fd_read', 0, PAGE - 4, 1, 0],
    ['fd_read', 0, -8, 1, 0],
    ['random_get', PAGE - 1, 2],
    ['random_get', 0, -1],
    ['clock_time_get', 0, 0n, PAGE - 7],
    ['environ_sizes_get', PAGE, 0],
    ['poll_oneoff', PAGE - 8, 0, 1, 0],
    ['fd_fdstat_get', 1, PAGE - 8],
  ] as const) {
    assert.equal(h.wasi[name]!(...args), ERRNO.fault, name);
  }
  assert.equal(h.wasi['fd_read']!(0, 0, 1025, 500), ERRNO.inval);
  h.memory.writeU32(0, 0xffff_fff0);
  h.memory.writeU32(4, 0xffff_ffff);
  assert.equal(h.wasi['fd_read']!(0, 0, 1, 500), ERRNO.fault);
});

test('there are no files, no sockets and no descriptors but the three streams', () => {
  const h = host();
  assert.equal(h.wasi['fd_prestat_get']!(3, 0), ERRNO.badf);
  assert.equal(h.wasi['path_open']!(3, 0, 0, 1, 0, 0n, 0n, 0, 500), ERRNO.badf);
  assert.equal(h.wasi['sock_accept']!(3, 0, 0), ERRNO.notsock);
  assert.equal(h.wasi['fd_read']!(1, 0, 0, 500), ERRNO.badf);
  assert.equal(h.wasi['fd_write']!(0, 0, 0, 500), ERRNO.badf);
  assert.equal(h.wasi['fd_seek']!(1, 0n, 0, 500), ERRNO.spipe);
});

test('clocks are real: nanoseconds of the wall clock, and an unknown clock is refused', () => {
  const h = host();
  assert.equal(h.wasi['clock_time_get']!(0, 0n, 8), ERRNO.success);
  const low = h.memory.readU32(8) ?? 0;
  const high = h.memory.readU32(12) ?? 0;
  assert.equal(high * 2 ** 32 + low, 1_700_000_000_000_000_000);
  assert.equal(h.wasi['clock_time_get']!(4, 0n, 8), ERRNO.inval);
});

test('sleeping ends when the time asked for is over, or when the call is stopped', () => {
  const h = host();
  arm(h.context.control, 10);
  const subscription = new Uint8Array(48);
  const nanoseconds = (value: bigint): void => {
    new DataView(subscription.buffer).setBigUint64(24, value, true);
    h.memory.write(0, subscription);
  };
  nanoseconds(5_000_000n);
  const started = performance.now();
  assert.equal(h.wasi['poll_oneoff']!(0, 100, 1, 200), ERRNO.success);
  assert.ok(performance.now() - started >= 4);
  assert.equal(h.memory.readU32(200), 1);
  const tick = createTicker([h.context.control]);
  tick(0);
  tick(11);
  nanoseconds(3_600_000_000_000n);
  assert.throws(() => h.wasi['poll_oneoff']!(0, 100, 1, 200), Stop);
});

test('the command line is there, terminated by zeros, and the environment is empty', () => {
  const h = host();
  assert.equal(h.wasi['args_sizes_get']!(0, 4), ERRNO.success);
  assert.deepEqual([h.memory.readU32(0), h.memory.readU32(4)], [2, 21]);
  assert.equal(h.wasi['args_get']!(8, 100), ERRNO.success);
  assert.deepEqual([h.memory.readU32(8), h.memory.readU32(12)], [100, 112]);
  assert.equal(new TextDecoder().decode(h.memory.copy(100, 21)), 'policy.wasm\0validate\0');
  assert.equal(h.wasi['environ_sizes_get']!(0, 4), ERRNO.success);
  assert.deepEqual([h.memory.readU32(0), h.memory.readU32(4)], [0, 0]);
  assert.equal(h.wasi['args_get']!(8, PAGE - 20), ERRNO.fault);
});

test('every function of the interface is there with as many parameters as it says or fewer', () => {
  const { wasi } = host();
  for (const [name, parameters] of Object.entries(WASI_SIGNATURES)) {
    assert.equal(typeof wasi[name], 'function', name);
    assert.ok(wasi[name]!.length <= parameters.length, name);
  }
});
