import { i32, op, unsigned, type Code } from '../rewrite/assembler.ts';
import {
  encodeModule,
  exported,
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  functionTypeOf,
  I32,
  I64,
  imported,
  V128,
} from './encode.ts';

/** A generated module and what a test has to know of it. */
export interface Program {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Names of the exported functions, each `(i32, i32) -> i32`. */
  readonly functions: readonly string[];
}

/** Functions 0 and 1 are imported; every generated function calls only functions with lower indices, so it ends. */
const IMPORTED_FUNCTIONS = 2;
const BINARY_TYPE = 0;
const UNARY_TYPE = 1;
const THROW_TYPE = 2;

/** Locals: two parameters, then one of each of these types, then counters for loops by depth. */
const LOCAL_TYPES = [I32, I64, F32, F64, V128] as const;
const FIRST_COUNTER = 2 + LOCAL_TYPES.length;
const MAX_DEPTH = 3;

/** Globals: an imported mutable i32, then one mutable global of each of these types. */
const GLOBAL_TYPES = [I32, I64, F32, F64, V128, FUNCREF, EXTERNREF] as const;

/**
 * A valid module out of arbitrary bytes: each byte decides one thing, and when they are used up the rest is as small as
 * possible. Floating point is moved and never computed with, as the bits of a computed NaN may differ from run to run.
 */
export function programFrom(entropy: Uint8Array): Program {
  const source = new Entropy(entropy);
  const count = 1 + source.below(4);
  const functions = Array.from({ length: count }, (_, place) => ({
    type: BINARY_TYPE,
    locals: [...LOCAL_TYPES.map((type) => [1, type]), [MAX_DEPTH, I32]],
    code: [statements(source, place + IMPORTED_FUNCTIONS, 0), value(source, I32, 0)],
  }));
  const names = functions.map((_, place) => `f${place}`);
  return { bytes: encodeProgram(source, functions, names), functions: names };
}

type Functions = NonNullable<Parameters<typeof encodeModule>[0]['functions']>;

function encodeProgram(source: Entropy, functions: Functions, names: readonly string[]): Uint8Array<ArrayBuffer> {
  const first = unsigned(IMPORTED_FUNCTIONS);
  return encodeModule({
    types: [functionTypeOf([I32, I32], [I32]), functionTypeOf([I32], [I32]), functionTypeOf([I32], [])],
    imports: [
      imported('env', 'twice', [0, UNARY_TYPE]),
      imported('env', 'fail', [0, UNARY_TYPE]),
      imported('env', 'global', [3, I32, 1]),
      ...(source.below(3) === 0 ? [imported('env', 'memory', [2, 0, 1])] : []),
    ],
    functions,
    tables: [[FUNCREF, 1, 4, 12]],
    memories: source.lastWas(0) ? [] : [[source.below(2), 1, ...(source.lastWas(1) ? [4] : [])]],
    tags: [[0, THROW_TYPE]],
    globals: GLOBAL_TYPES.map((type) => [type, 1, constant(source, type), 0x0b]),
    exports: [
      ...names.map((title, place) => exported(title, 'function', place + IMPORTED_FUNCTIONS)),
      ...GLOBAL_TYPES.flatMap((type, place) => (type === V128 ? [] : [exported(`g${place}`, 'global', place + 1)])),
      exported('memory', 'memory', 0),
    ],
    elements: [
      [0, i32(0), 0x0b, 1, first],
      [1, 0, 2, first, first],
    ],
    data: [
      [0, i32(4094), 0x0b, 4, 1, 2, 3, 4],
      [1, 6, 9, 8, 7, 6, 5, 4],
    ],
    custom: [['name', []]],
  });
}

/** Decisions read from bytes. */
class Entropy {
  readonly #bytes: Uint8Array;
  #position = 0;
  #last = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  below(bound: number): number {
    this.#last = (this.#bytes[this.#position++] ?? 0) % bound;
    return this.#last;
  }

  lastWas(value: number): boolean {
    return this.#last === value;
  }

  get spent(): boolean {
    return this.#position >= this.#bytes.length;
  }
}

function statements(source: Entropy, self: number, depth: number): Code {
  const count = source.spent ? 0 : depth === 0 ? 4 + source.below(12) : 1 + source.below(3);
  return Array.from({ length: count }, () => statement(source, self, depth));
}

function statement(source: Entropy, self: number, depth: number): Code {
  const simple = [setLocal, setGlobal, store, store, storeLane, bulk, bulk, grow, callLower, tableOrDrop];
  const nested = [conditional, counted, protectedBlock, earlyExit];
  const all = depth < MAX_DEPTH ? [...simple, ...nested] : simple;
  return all[source.below(all.length)]!(source, self, depth);
}

function setLocal(source: Entropy, _self: number, depth: number): Code {
  const place = source.below(LOCAL_TYPES.length);
  return [value(source, LOCAL_TYPES[place]!, depth), 0x21, place + 2];
}

function setGlobal(source: Entropy, self: number, depth: number): Code {
  const place = source.below(GLOBAL_TYPES.length + 1);
  const type = place === 0 ? I32 : GLOBAL_TYPES[place - 1]!;
  if (type === FUNCREF) return [0xd0, FUNCREF, 0x24, place];
  if (type === EXTERNREF) return [0xd0, EXTERNREF, 0x24, place];
  return [value(source, type, depth + (self > 5 ? 1 : 0)), 0x24, place];
}

/** Opcode and type of every store. */
const STORES: readonly (readonly [Code, number])[] = [
  [[0x36], I32],
  [[0x37], I64],
  [[0x38], F32],
  [[0x39], F64],
  [[0x3a], I32],
  [[0x3b], I32],
  [[0x3c], I64],
  [[0x3d], I64],
  [[0x3e], I64],
  [op(0xfd00b), V128],
];

function store(source: Entropy, _self: number, depth: number): Code {
  const [opcode, type] = STORES[source.below(STORES.length)]!;
  return [address(source, depth), value(source, type, depth), opcode, 0, offset(source)];
}

function storeLane(source: Entropy, _self: number, depth: number): Code {
  const width = source.below(4);
  const lane = source.below(16 >> width);
  return [address(source, depth), value(source, V128, depth), op(0xfd058 + width), 0, offset(source), lane];
}

function offset(source: Entropy): Code {
  const rare = source.below(64);
  if (rare < 2) return unsigned([65_535, 0xffff_ffff][rare]!);
  return unsigned([0, 0, 1, 16, 4095][rare % 5]!);
}

function bulk(source: Entropy, _self: number, depth: number): Code {
  const length = i32([0, 1, 5, 4096, 9000][source.below(5)]!);
  const target = address(source, depth);
  switch (source.below(3)) {
    case 0:
      return [target, value(source, I32, depth), length, op(0xfc00b, 0)];
    case 1:
      return [target, address(source, depth), length, op(0xfc00a, 0, 0)];
    default:
      return [target, i32(source.below(3)), i32(source.below(5)), op(0xfc008, 1, 0)];
  }
}

function grow(source: Entropy): Code {
  return [i32([0, 1, 1, 2, 100, -1][source.below(6)]!), 0x40, 0, 0x21, 2];
}

function callLower(source: Entropy, self: number, depth: number): Code {
  const target = source.below(self);
  const args = [value(source, I32, depth), target < IMPORTED_FUNCTIONS ? [] : value(source, I32, depth)];
  if (source.below(4) > 0 || self <= IMPORTED_FUNCTIONS) return [args, 0x10, target, 0x21, 2];
  // The table holds the first generated function or null, in places that the instructions on tables move.
  return [i32(1), i32(2), i32(source.below(5)), 0x11, BINARY_TYPE, 0, 0x1a];
}

function tableOrDrop(source: Entropy): Code {
  switch (source.below(8)) {
    case 0:
      return [i32(source.below(6)), 0xd0, FUNCREF, 0x26, 0];
    case 1:
      return [i32(0), i32(0), i32(source.below(3)), op(0xfc00c, 1, 0)];
    case 2:
      return [i32(1), i32(0), i32(source.below(4)), op(0xfc00e, 0, 0)];
    case 3:
      return [0xd0, FUNCREF, i32(source.below(4)), op(0xfc00f, 0), 0x1a];
    case 4:
      return [i32(source.below(5)), 0xd0, FUNCREF, i32(1), op(0xfc011, 0)];
    case 5:
      return op(0xfc009, 1);
    case 6:
      return op(0xfc00d, 1);
    default:
      return [];
  }
}

function conditional(source: Entropy, self: number, depth: number): Code {
  const condition = value(source, I32, depth);
  return [condition, 0x04, 0x40, statements(source, self, depth + 1), 0x05, statements(source, self, depth + 1), 0x0b];
}

/** A loop of one to three rounds; the counter belongs to the depth, so inner loops don't disturb it. */
function counted(source: Entropy, self: number, depth: number): Code {
  const counter = FIRST_COUNTER + depth;
  const rounds = [i32(1 + source.below(3)), 0x21, counter];
  const next = [0x20, counter, i32(1), 0x6b, 0x22, counter, 0x0d, 0];
  return [rounds, 0x03, 0x40, statements(source, self, depth + 1), next, 0x0b];
}

function protectedBlock(source: Entropy, self: number, depth: number): Code {
  const inner = statements(source, self, depth + 1);
  const raise = source.below(2) === 0 ? [] : [value(source, I32, depth), 0x08, 0];
  const catchAll = [0x02, 0x40, 0x1f, 0x40, 1, 2, 0, inner, raise, 0x0b, 0x0b];
  const catchTag = [0x02, I32, 0x1f, 0x40, 1, 0, 0, 0, inner, raise, 0x0b, i32(7), 0x0b, 0x21, 2];
  return source.below(2) === 0 ? catchAll : catchTag;
}

function earlyExit(source: Entropy, self: number, depth: number): Code {
  const rare = source.below(8);
  if (rare === 0) return [0x00];
  if (rare === 1) return [i32(3), 0x0f];
  const selector = value(source, I32, depth);
  const inner = statements(source, self, depth + 1);
  return [0x02, 0x40, 0x02, 0x40, selector, 0x0e, 1, 0, 1, 0x0b, inner, 0x0b];
}

/** Addresses around the ends of pages of both sizes, and some far outside. */
function address(source: Entropy, depth: number): Code {
  const near = [0, 8, 4081, 4088, 4093, 8190, 20_479, 57_343, 61_430, 61_439];
  const far = [65_520, 65_529, 131_060, 200_000, -4];
  const base = i32(source.below(12) === 0 ? far[source.below(far.length)]! : near[source.below(near.length)]!);
  if (source.below(3) > 0) return base;
  return [base, value(source, I32, depth + 1), i32(31), 0x71, 0x6a];
}

function value(source: Entropy, type: number, depth: number): Code {
  const local = LOCAL_TYPES.indexOf(type as (typeof LOCAL_TYPES)[number]) + 2;
  switch (source.below(depth < MAX_DEPTH ? 6 : 3)) {
    case 0:
      return constant(source, type);
    case 1:
      return [0x20, local];
    case 2:
      return [0x23, GLOBAL_TYPES.indexOf(type as (typeof GLOBAL_TYPES)[number]) + 1];
    case 3:
      return [address(source, depth + 1), load(type), 0, offset(source)];
    default:
      return computed(source, type, depth);
  }
}

function load(type: number): Code {
  const opcodes: Readonly<Record<number, Code>> = {
    [I32]: [0x28],
    [I64]: [0x29],
    [F32]: [0x2a],
    [F64]: [0x2b],
    [V128]: op(0xfd000),
  };
  return opcodes[type]!;
}

function computed(source: Entropy, type: number, depth: number): Code {
  if (type === I64) return [value(source, I32, depth + 1), 0xac];
  if (type === F32) return [value(source, I32, depth + 1), 0xbe];
  if (type === F64) return [value(source, I64, depth + 1), 0xbf];
  if (type === V128) return [value(source, I32, depth + 1), op(0xfd011)];
  switch (source.below(5)) {
    case 0:
      return [0x3f, 0];
    case 1:
      return [value(source, I32, depth + 1), value(source, I32, depth + 1), 0x6a];
    case 2:
      return [value(source, I64, depth + 1), 0xa7];
    case 3:
      return [0x20, source.below(2)];
    default:
      return [op(0xfc010, 0)];
  }
}

function constant(source: Entropy, type: number): Code {
  const byte = source.below(64);
  switch (type) {
    case I32:
      return i32(byte);
    case I64:
      return [0x42, byte];
    case F32:
      return [0x43, 0, 0, byte, 0x40];
    case F64:
      return [0x44, 0, 0, 0, 0, 0, 0, byte, 0x40];
    case V128:
      return op(0xfd00c, [byte, ...Array.from({ length: 15 }, (_, index) => index)]);
    default:
      return [0xd0, type];
  }
}
