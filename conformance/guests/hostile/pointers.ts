import type { HostileCase } from './case.ts';
import { answerWithCode, hostileGuest, SCRATCH } from './frame.ts';

/** Error numbers of WASI preview 1. */
const BADF = 8;
const FAULT = 21;
const INVAL = 28;

const OUTSIDE = 65_536;
const IOVEC = SCRATCH;

/** Stores an iovec, then its second neighbour, which is always a good one. */
const iovec = (pointer: number, length: number): string => `
  i32.const ${IOVEC} i32.const ${pointer} i32.store
  i32.const ${IOVEC + 4} i32.const ${length} i32.store
  i32.const ${IOVEC + 8} i32.const ${SCRATCH + 1024} i32.store
  i32.const ${IOVEC + 12} i32.const 16 i32.store`;

const call = (name: string, ...operands: readonly number[]): string =>
  `${operands.map((operand) => `i32.const ${operand}`).join(' ')} call $${name}`;

/** What each misuse of a host function must return: an error number, with the guest's memory left alone. */
const misuses: Readonly<Record<string, readonly [attack: string, errno: number]>> = {
  'reads into an iovec list outside its memory': [call('fd_read', 0, OUTSIDE, 1, 32), FAULT],
  'reads into an iovec list that wraps around': [call('fd_read', 0, -4, 1, 32), FAULT],
  'reads into a buffer outside its memory': [`${iovec(OUTSIDE, 16)} ${call('fd_read', 0, IOVEC, 1, 32)}`, FAULT],
  'reads into a buffer that ends outside': [`${iovec(OUTSIDE - 8, 16)} ${call('fd_read', 0, IOVEC, 1, 32)}`, FAULT],
  'reads into a buffer whose end overflows': [`${iovec(SCRATCH, -1)} ${call('fd_read', 0, IOVEC, 1, 32)}`, FAULT],
  'reads and wants the count outside': [`${iovec(SCRATCH, 1)} ${call('fd_read', 0, IOVEC, 1, OUTSIDE - 2)}`, FAULT],
  'reads into 2^32-1 iovecs': [call('fd_read', 0, IOVEC, -1, 32), INVAL],
  'reads into 2^31 iovecs': [call('fd_read', 0, IOVEC, -0x80000000, 32), INVAL],
  'reads from stdout': [`${iovec(SCRATCH, 16)} ${call('fd_read', 1, IOVEC, 1, 32)}`, BADF],
  'reads from a descriptor that is not open': [`${iovec(SCRATCH, 16)} ${call('fd_read', 3, IOVEC, 1, 32)}`, BADF],
  'reads from a negative descriptor': [`${iovec(SCRATCH, 16)} ${call('fd_read', -1, IOVEC, 1, 32)}`, BADF],
  'writes from an iovec list outside its memory': [call('fd_write', 1, -8, 1, 32), FAULT],
  'writes a buffer outside its memory': [`${iovec(-16, 16)} ${call('fd_write', 1, IOVEC, 1, 32)}`, FAULT],
  'writes a buffer whose end overflows': [`${iovec(-16, 32)} ${call('fd_write', 1, IOVEC, 1, 32)}`, FAULT],
  'writes 2^32-1 iovecs': [call('fd_write', 1, IOVEC, -1, 32), INVAL],
  'writes to stdin': [`${iovec(SCRATCH, 16)} ${call('fd_write', 0, IOVEC, 1, 32)}`, BADF],
  'wants random bytes outside its memory': [call('random_get', OUTSIDE - 8, 16), FAULT],
  'wants 4 GiB of random bytes': [call('random_get', 0, -1), FAULT],
  'wants the time outside its memory': [`i32.const 0 i64.const 0 i32.const ${OUTSIDE - 4} call $clock_time_get`, FAULT],
  'asks an unknown clock': [`i32.const 99 i64.const 0 i32.const ${SCRATCH} call $clock_time_get`, INVAL],
  'wants its arguments counted outside its memory': [call('args_sizes_get', OUTSIDE, SCRATCH), FAULT],
  'wants the state of stdin outside its memory': [call('fd_fdstat_get', 0, OUTSIDE - 8), FAULT],
  'polls nothing': [call('poll_oneoff', SCRATCH, SCRATCH, 0, SCRATCH), INVAL],
  'polls 2^31 subscriptions': [call('poll_oneoff', 0, 0, -0x80000000, SCRATCH), INVAL],
  'polls subscriptions outside its memory': [call('poll_oneoff', OUTSIDE - 16, SCRATCH, 1, SCRATCH), FAULT],
  'polls into events outside its memory': [call('poll_oneoff', SCRATCH, OUTSIDE - 8, 1, SCRATCH), FAULT],
};

export const pointerCases: readonly HostileCase[] = Object.entries(misuses).map(([name, [attack, errno]]) => ({
  name,
  module: hostileGuest({ attack }),
  expected: { output: answerWithCode(errno) },
}));
