import type { HostileCase } from './case.ts';
import { answerWithCode, hostileGuest, SCRATCH, type Hostile } from './frame.ts';

const callType = { types: { plain: {} }, tables: [{ min: 1 }], elements: ['again'] } as const;
const FOREVER = '0x7fffffffffffffff';

/** Stores a poll_oneoff subscription to the monotonic clock. */
const sleep = (nanoseconds: string): string => `
  i32.const ${SCRATCH} i32.const 1 i32.store offset=16
  i32.const ${SCRATCH} i64.const ${nanoseconds} i64.store offset=24
  i32.const ${SCRATCH} i32.const ${SCRATCH + 64} i32.const 1 i32.const ${SCRATCH + 128} call $poll_oneoff`;

/** Guests that don't come to an end by themselves. */
const endless: Record<string, Hostile> = {
  loops: { attack: 'loop br 0 end unreachable' },
  'loops inside a store': {
    attack: `loop i32.const ${SCRATCH} i32.const ${SCRATCH} i32.load i32.const 1 i32.add i32.store br 0 end unreachable`,
  },
  'loops over calls of a leaf': {
    attack: 'loop call $leaf br 0 end unreachable',
    functions: [{ name: 'leaf', body: 'nop' }],
  },
  'loops over indirect calls': {
    ...callType,
    attack: 'loop i32.const 0 call_indirect $plain br 0 end unreachable',
    functions: [{ name: 'again', body: 'nop' }],
  },
  'calls a tree of functions without any loop': {
    attack: 'i32.const 60 call $tree i32.const 0',
    functions: [
      {
        name: 'tree',
        params: { depth: 'i32' },
        body: `local.get $depth if
          local.get $depth i32.const 1 i32.sub call $tree
          local.get $depth i32.const 1 i32.sub call $tree
        end`,
      },
    ],
  },
  'makes tail calls without end': {
    attack: 'call $again unreachable',
    functions: [{ name: 'again', body: 'return_call $again' }],
  },
  'makes indirect tail calls without end': {
    ...callType,
    attack: 'call $again unreachable',
    functions: [{ name: 'again', body: 'i32.const 0 return_call_indirect $plain' }],
  },
  'loops and catches everything': { attack: 'loop try loop br 0 end catch_all end br 0 end unreachable' },
  'loops and catches everything with try_table': {
    attack: 'loop block try_table 0 loop br 0 end end end br 0 end unreachable',
  },
  'catches everything around endless calls of the host': {
    attack: 'loop try call $sched_yield drop catch_all end br 0 end unreachable',
  },
  'throws and catches without end': {
    tags: { oops: {} },
    attack: 'loop try throw $oops catch_all end br 0 end unreachable',
  },
  'asks for more memory without end': { attack: 'loop i32.const 1 memory.grow drop br 0 end unreachable' },
  'fills all of its memory again and again': {
    attack: `loop i32.const 1 memory.grow i32.const -1 i32.ne br_if 0 end
      loop
        i32.const 8192 i32.const 7 memory.size i32.const 16 i32.shl i32.const 8192 i32.sub memory.fill br 0
      end unreachable`,
  },
  'copies all of its memory again and again': {
    attack: `loop i32.const 1 memory.grow i32.const -1 i32.ne br_if 0 end
      loop
        i32.const 8193 i32.const 8192 memory.size i32.const 16 i32.shl i32.const 8193 i32.sub memory.copy br 0
      end unreachable`,
  },
  'asks for random bytes in all of its memory again and again': {
    attack: `loop i32.const 1 memory.grow i32.const -1 i32.ne br_if 0 end
      loop i32.const 8192 memory.size i32.const 16 i32.shl i32.const 8192 i32.sub call $random_get drop br 0 end
      unreachable`,
  },
  'reads the clock without end': {
    attack: `loop i32.const 0 i64.const 0 i32.const ${SCRATCH} call $clock_time_get drop br 0 end unreachable`,
  },
  'sleeps for centuries': { attack: `${sleep(FOREVER)} drop unreachable` },
  'sleeps a little again and again': { attack: `loop ${sleep('1000000')} drop br 0 end unreachable` },
  'catches everything around endless sleep': {
    attack: `loop try ${sleep(FOREVER)} drop catch_all end br 0 end unreachable`,
  },
};

export const timeCases: readonly HostileCase[] = [
  ...Object.entries(endless).map(([name, hostile]) => ({
    name,
    module: hostileGuest(hostile),
    expected: { failure: 'deadline' as const },
  })),
  {
    name: 'recurses without end',
    module: hostileGuest({
      attack: 'call $descend',
      functions: [{ name: 'descend', results: ['i32'], body: 'call $descend i32.const 1 i32.add' }],
    }),
    expected: { failure: 'stack-overflow' },
  },
  {
    name: 'recurses without end, catches the overflow and recurses again',
    module: hostileGuest({
      attack: 'loop try call $descend catch_all end br 0 end unreachable',
      functions: [{ name: 'descend', body: 'call $descend nop' }],
    }),
    expected: { failure: 'stack-overflow' },
  },
  {
    name: 'sleeps for no time at all',
    module: hostileGuest({ attack: sleep('0') }),
    expected: { output: answerWithCode(0) },
  },
];
