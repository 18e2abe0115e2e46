import type { HostileCase } from './case.ts';
import { answerWithCode, hostileGuest } from './frame.ts';

/** Pages in 1 GiB, which is above every limit that the suite sets. */
const GIBIBYTE = 16_384;
const UNTIL_REFUSED = 'loop i32.const 16 memory.grow i32.const -1 i32.ne br_if 0 end';

/** Tables take memory of the host that no limit of linear memory covers: this many of that size take some 8 GB. */
const MANY = 100;
const LARGE_TABLE = 10_000_000;
const growTable = (table: number): string => `ref.func $validate i32.const ${LARGE_TABLE} table.grow ${table} drop `;

/** Guests that want more memory than there is for them. */
export const memoryCases: readonly HostileCase[] = [
  {
    name: 'grows its memory as far as it can, then traps',
    module: hostileGuest({ attack: `${UNTIL_REFUSED} unreachable` }),
    expected: { failure: 'memory-limit' },
  },
  {
    name: 'grows its memory as far as it can, then answers',
    module: hostileGuest({ attack: `${UNTIL_REFUSED} i32.const 3` }),
    expected: { output: answerWithCode(3) },
  },
  {
    name: 'allocates 1 GiB at once, then traps',
    module: hostileGuest({ attack: `i32.const ${GIBIBYTE} memory.grow drop unreachable` }),
    expected: { failure: 'memory-limit' },
  },
  {
    name: 'finds no 1 GiB and says so',
    module: hostileGuest({ attack: `i32.const ${GIBIBYTE} memory.grow i32.const -1 i32.eq` }),
    expected: { output: answerWithCode(1) },
  },
  {
    name: 'declares a maximum of 4 GiB and grows to it',
    module: hostileGuest({ memories: [{ min: 1, max: 65_536 }], attack: `${UNTIL_REFUSED} unreachable` }),
    expected: { failure: 'memory-limit' },
  },
  {
    name: 'needs more memory than its limit',
    module: hostileGuest({ memories: [{ min: GIBIBYTE }], attack: 'i32.const 0' }),
    expected: { refused: 'memory-limit', says: /memory/ },
  },
  {
    name: 'grows many tables',
    module: hostileGuest({
      tables: Array.from({ length: MANY }, () => ({ min: 0 })),
      attack: `${Array.from({ length: MANY }, (_, table) => growTable(table)).join('')} i32.const 2`,
    }),
    expected: { output: answerWithCode(2) },
  },
  {
    name: 'starts with many large tables',
    module: hostileGuest({
      tables: Array.from({ length: MANY }, () => ({ min: LARGE_TABLE })),
      attack: 'i32.const 0',
    }),
    expected: { refused: 'memory-limit', says: /tables/ },
  },
];
