import type { HostileCase } from './case.ts';
import { hostileGuest } from './frame.ts';

const callType = { types: { unary: { params: ['i32'], results: ['i32'] } }, tables: [{ min: 4 }] } as const;

/** Guests that trap or exit. */
export const endCases: readonly HostileCase[] = [
  ...Object.entries({
    'executes unreachable': { attack: 'unreachable' },
    'divides by zero': { attack: 'i32.const 1 i32.const 0 i32.div_u' },
    'converts a NaN': { attack: 'f64.const nan i32.trunc_f64_s' },
    'loads past the end of memory': { attack: 'i32.const 0x7fffffff i32.load' },
    'stores past the end of memory': { attack: 'i32.const -4 i32.const 1 i32.store i32.const 0' },
    'stores across the end of memory': {
      memories: [{ min: 1, max: 1 }],
      attack: 'i32.const 65533 i32.const 1 i32.store i32.const 0',
    },
    'fills past the end of memory': { attack: 'i32.const 8192 i32.const 1 i32.const -1 memory.fill i32.const 0' },
    'copies past the end of memory': { attack: 'i32.const 8192 i32.const 0 i32.const -1 memory.copy i32.const 0' },
    'calls an element that is not there': { ...callType, attack: 'i32.const 1 i32.const 9 call_indirect $unary' },
    'calls an element that is null': { ...callType, attack: 'i32.const 1 i32.const 3 call_indirect $unary' },
    'calls an element of another type': {
      ...callType,
      elements: ['validate'],
      attack: 'i32.const 1 i32.const 0 call_indirect $unary',
    },
    'throws an exception that nobody catches': { tags: { oops: {} }, attack: 'throw $oops' },
  }).map(([name, hostile]) => ({ name, module: hostileGuest(hostile), expected: { failure: 'trap' as const } })),
  ...[0, 1, 137].map((code) => ({
    name: `exits with ${code}`,
    module: hostileGuest({ attack: `i32.const ${code} call $proc_exit unreachable` }),
    expected: { failure: 'exit' as const, says: new RegExp(`\\b${code}\\b`) },
  })),
  {
    name: 'exits, catches that, and answers',
    module: hostileGuest({ attack: 'try i32.const 0 call $proc_exit catch_all end i32.const 0' }),
    expected: { failure: 'exit' },
  },
  {
    name: 'exits, catches that with try_table, and answers',
    module: hostileGuest({ attack: 'block try_table 0 i32.const 0 call $proc_exit end end i32.const 0' }),
    expected: { failure: 'exit' },
  },
  {
    name: 'exits, catches that, and loops',
    module: hostileGuest({ attack: 'try i32.const 3 call $proc_exit catch_all end loop br 0 end unreachable' }),
    expected: { failure: 'exit' },
  },
];
