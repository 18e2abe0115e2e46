import type { HostileCase } from './case.ts';
import { answerWithCode, CLEAN_ANSWER, hostileGuest, SCRATCH } from './frame.ts';

const IOVEC = SCRATCH;
const TEXT = SCRATCH + 64;

/** Writes `bytes` bytes from the memory's start to a stream, and drops the error number. */
function write(stream: number, from: number, bytes: number): string {
  return `
    i32.const ${IOVEC} i32.const ${from} i32.store
    i32.const ${IOVEC + 4} i32.const ${bytes} i32.store
    i32.const ${stream} i32.const ${IOVEC} i32.const 1 i32.const ${IOVEC + 8} call $fd_write drop`;
}

/** Runs `body` 16,384 times: with 64 KiB each that makes 1 GiB. */
function gibibyte(body: string): string {
  return `loop ${body} local.get $turn i32.const 1 i32.add local.tee $turn i32.const 16384 i32.lt_u br_if 0 end`;
}

const PAGE = 65_536;
const turn = { turn: 'i32' } as const;

/** Writes text in place of the guest's own answer and leaves without one. */
function says(text: string): Uint8Array<ArrayBuffer> {
  return hostileGuest({
    data: [{ offset: TEXT, text }],
    // The frame's own answer is emptied by setting the length in its iovec to zero.
    attack: `${write(1, TEXT, text.length)} i32.const 20 i32.const 0 i32.store i32.const 0`,
  });
}

/** Guests that say nothing, too much, or what nobody can read. The sandbox hands on what it can't judge. */
export const outputCases: readonly HostileCase[] = [
  {
    name: 'prints two documents',
    module: hostileGuest({ data: [{ offset: TEXT, text: '{}' }], attack: `${write(1, TEXT, 2)} i32.const 0` }),
    expected: { output: `{}${CLEAN_ANSWER}` },
  },
  { name: 'prints nothing', module: says(''), expected: { output: '' } },
  { name: 'prints what is not JSON', module: says('allowed: true'), expected: { output: 'allowed: true' } },
  {
    name: 'writes 1 GiB to stdout',
    module: hostileGuest({ locals: turn, attack: `${gibibyte(write(1, 0, PAGE))} i32.const 0` }),
    expected: { failure: 'output-limit' },
  },
  {
    name: 'writes 1 GiB to stdout with one call',
    module: hostileGuest({
      locals: turn,
      // 1,024 iovecs of 1 MiB that all cover the same memory.
      attack: `
        i32.const 16 memory.grow drop
        loop
          i32.const ${SCRATCH} local.get $turn i32.const 3 i32.shl i32.add i32.const 0 i32.store
          i32.const ${SCRATCH} local.get $turn i32.const 3 i32.shl i32.add i32.const 1048576 i32.store offset=4
          local.get $turn i32.const 1 i32.add local.tee $turn i32.const 1024 i32.lt_u br_if 0
        end
        i32.const 1 i32.const ${SCRATCH} i32.const 1024 i32.const 32 call $fd_write`,
    }),
    expected: { failure: 'output-limit' },
  },
  {
    name: 'writes 1 GiB to stderr',
    module: hostileGuest({ locals: turn, attack: `${gibibyte(write(2, 0, PAGE))} i32.const 7` }),
    expected: { output: answerWithCode(7) },
  },
  {
    name: 'writes 1 GiB to stderr, then traps',
    module: hostileGuest({ locals: turn, attack: `${gibibyte(write(2, 0, PAGE))} unreachable` }),
    expected: { failure: 'trap' },
  },
  {
    name: 'writes an answer, then traps',
    module: hostileGuest({ data: [{ offset: TEXT, text: '{}' }], attack: `${write(1, TEXT, 2)} unreachable` }),
    expected: { failure: 'trap' },
  },
  {
    name: 'writes 256 bytes at a time without end',
    module: hostileGuest({ attack: `loop ${write(1, 0, 256)} br 0 end unreachable` }),
    expected: { failure: 'output-limit' },
  },
  {
    name: 'writes empty buffers without end',
    module: hostileGuest({ attack: `loop ${write(1, 0, 0)} br 0 end unreachable` }),
    expected: { failure: 'deadline' },
  },
];

/** Guests that may fail in more than one way, but must not fill the heap of the host with what they write. */
export const heapAttacks: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  'writes single bytes to stdout': hostileGuest({ attack: `loop ${write(1, 0, 1)} br 0 end unreachable` }),
  'writes empty buffers to stdout': hostileGuest({ attack: `loop ${write(1, 0, 0)} br 0 end unreachable` }),
  'writes single bytes to stderr': hostileGuest({ attack: `loop ${write(2, 0, 1)} br 0 end unreachable` }),
  'writes empty buffers to stderr': hostileGuest({ attack: `loop ${write(2, 0, 0)} br 0 end unreachable` }),
};
