import { hostileGuest, SCRATCH, type Hostile } from './frame.ts';

const FIRST_BYTE = 64;
/** A page of the processor, and of a host that restores only what was written, that nothing else touches. */
const PAGE = 0x9000;
/** Across the border of two such pages. */
const BORDER = PAGE + 0x1000 - 4;
const LENGTH = 16;
/** Several such pages. */
const LONG = 20_000;

const call = (name: string, ...operands: readonly number[]): string =>
  `${operands.map((operand) => `i32.const ${operand}`).join(' ')} call $${name} drop`;

const inputTo = (pointer: number, length: number = LENGTH): string => `
  i32.const ${SCRATCH} i32.const ${pointer} i32.store
  i32.const ${SCRATCH + 4} i32.const ${length} i32.store`;

/** A subscription to the monotonic clock that is due at once. */
const SUBSCRIPTION = `i32.const ${SCRATCH} i32.const 7 i32.store  i32.const ${SCRATCH} i32.const 1 i32.store offset=16`;

/** Ways in which bytes come into a guest's memory, by the guest itself or by its host, on an address. */
const writes: Readonly<Record<string, (at: number) => string>> = {
  'a store of one byte': (at) => `i32.const ${at} i32.const 7 i32.store8`,
  'a store of four bytes': (at) => `i32.const ${at + 1} i32.const -1 i32.store`,
  'a store of eight bytes': (at) => `i32.const ${at} i64.const -1 i64.store`,
  'a store with an offset': (at) => `i32.const 0 i32.const -1 i32.store offset=${at}`,
  'memory.fill': (at) => `i32.const ${at} i32.const 7 i32.const ${LENGTH} memory.fill`,
  'memory.copy': (at) => `i32.const ${at} i32.const ${FIRST_BYTE} i32.const ${LENGTH} memory.copy`,
  'fd_read, the bytes': (at) => `${inputTo(at)} ${call('fd_read', 0, SCRATCH, 1, 32)}`,
  'fd_read, their number': (at) => `${inputTo(SCRATCH + 64)} ${call('fd_read', 0, SCRATCH, 1, at)}`,
  'fd_write, the number of bytes': (at) => `${inputTo(0)} ${call('fd_write', 2, SCRATCH, 1, at)}`,
  random_get: (at) => call('random_get', at, LENGTH),
  clock_time_get: (at) => `i32.const 0 i64.const 0 i32.const ${at} call $clock_time_get drop`,
  fd_fdstat_get: (at) => call('fd_fdstat_get', 0, at - 8),
  'poll_oneoff, the events': (at) => `${SUBSCRIPTION} ${call('poll_oneoff', SCRATCH, at, 1, SCRATCH + 128)}`,
  'poll_oneoff, their number': (at) => `${SUBSCRIPTION} ${call('poll_oneoff', SCRATCH, SCRATCH + 64, 1, at)}`,
};

/** State outside of memory: what writes it, and what gives 1 when it was written, else 0. */
const states: Readonly<Record<string, Omit<Hostile, 'attack'> & { readonly write: string; readonly look: string }>> = {
  'a global of type i64': {
    globals: { state: { type: 'i64', init: 'i64.const 0' } },
    write: 'i64.const -1 global.set $state',
    look: 'global.get $state i64.eqz i32.eqz',
  },
  'a global of type f64': {
    globals: { state: { type: 'f64', init: 'f64.const 0' } },
    write: 'f64.const 0.5 global.set $state',
    look: 'global.get $state f64.const 0 f64.eq i32.eqz',
  },
  'a global of type funcref': {
    globals: { state: { type: 'funcref', init: 'ref.func $attack' } },
    tables: [{ min: 2 }],
    elements: ['attack'],
    write: 'i32.const 1 table.get 0 global.set $state',
    look: 'global.get $state ref.is_null',
  },
  'an element of a table': {
    tables: [{ min: 2, max: 4 }],
    elements: ['attack'],
    write: 'i32.const 1 ref.func $attack table.set 0',
    look: 'i32.const 1 table.get 0 ref.is_null i32.eqz',
  },
  'the size of a table': {
    tables: [{ min: 2, max: 4 }],
    elements: ['attack'],
    write: 'ref.func $attack i32.const 1 table.grow 0 drop',
    look: 'table.size 0 i32.const 2 i32.ne',
  },
};

/** The same for many bytes at once. */
const longWrites: Readonly<Record<string, string>> = {
  'memory.fill': `i32.const ${BORDER} i32.const 7 i32.const ${LONG} memory.fill`,
  'memory.copy': `i32.const ${BORDER} i32.const 0 i32.const ${LONG} memory.copy
    i32.const ${BORDER + LONG - 1} i32.const ${FIRST_BYTE} i32.const 1 memory.copy`,
  fd_read: `${inputTo(BORDER, LONG)} ${call('fd_read', 0, SCRATCH, 1, 32)}`,
  random_get: call('random_get', BORDER, LONG),
};

/**
 * Guests that write somewhere when the input starts with `w`, and on any other tell in their answer's code whether
 * anything but zeros is there: 0 or 1. The names say how they write.
 */
export const remnantGuests: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = Object.fromEntries([
  ...Object.entries(writes).flatMap(([name, write]) => [
    [name, remnantGuest(write(PAGE), PAGE, LENGTH)],
    [`${name}, across the border of two pages`, remnantGuest(write(BORDER), BORDER, LENGTH)],
  ]),
  ...Object.entries(states).map(([name, { write, look, ...rest }]) => [name, stateGuest(write, look, rest)]),
  // Only the end is looked at: the beginning is what the others show.
  ...Object.entries(longWrites).map(([name, write]) => [
    `${name}, over several pages`,
    remnantGuest(write, BORDER + LONG - LENGTH, LENGTH),
  ]),
]);

function stateGuest(write: string, look: string, rest: Omit<Hostile, 'attack'>): Uint8Array<ArrayBuffer> {
  return hostileGuest({
    ...rest,
    attack: `i32.const ${FIRST_BYTE} i32.load8_u i32.const ${'w'.charCodeAt(0)} i32.eq if ${write} end ${look}`,
  });
}

function remnantGuest(write: string, at: number, length: number): Uint8Array<ArrayBuffer> {
  return hostileGuest({
    locals: { offset: 'i32', seen: 'i32' },
    attack: `
      i32.const ${FIRST_BYTE} i32.load8_u i32.const ${'w'.charCodeAt(0)} i32.eq if ${write} end
      loop
        local.get $offset i32.load8_u offset=${at} i32.eqz i32.eqz local.get $seen i32.or local.set $seen
        local.get $offset i32.const 1 i32.add local.tee $offset i32.const ${length} i32.lt_u br_if 0
      end
      local.get $seen`,
  });
}
