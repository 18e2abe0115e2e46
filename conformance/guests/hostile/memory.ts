import type { HostileCase } from './case.ts';
import { answerWithCode, hostileGuest, type Hostile } from './frame.ts';

/** Pages in 1 GiB, which is above every limit that the suite sets. */
const GIBIBYTE = 16_384;
const UNTIL_REFUSED = 'loop i32.const 16 memory.grow i32.const -1 i32.ne br_if 0 end';

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
];

/**
 * Guests that take memory which no limit of linear memory covers. Each of them can end the whole process, so they run
 * in one of their own. A refusal at load is right for all of them.
 */
export const heapAttacks: Readonly<Record<string, Hostile>> = {
  'keeps garbage-collected objects without end': {
    types: { node: { struct: ['i32', 'ref?node'] } },
    locals: { list: 'ref?node' },
    attack: 'loop i32.const 1 local.get $list struct.new $node local.set $list br 0 end unreachable',
  },
  'keeps large garbage-collected arrays without end': {
    types: { bytes: { array: 'i64' }, node: { struct: ['ref?bytes', 'ref?node'] } },
    locals: { list: 'ref?node' },
    attack: `loop
      i32.const 10000000 array.new_default $bytes local.get $list struct.new $node local.set $list br 0
    end unreachable`,
  },
  'grows many tables': {
    tables: Array.from({ length: 100 }, () => ({ min: 0 })),
    attack: `${Array.from({ length: 100 }, (_, table) => `ref.func $validate i32.const 10000000 table.grow ${table} drop`).join('\n')} i32.const 0`,
    elements: [],
  },
  'declares many large tables': {
    tables: Array.from({ length: 100 }, () => ({ min: 10_000_000 })),
    attack: 'i32.const 0',
  },
};
