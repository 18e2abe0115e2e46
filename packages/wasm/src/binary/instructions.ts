import { WasmError } from '../errors.ts';
import type { Reader } from './reader.ts';
import { readHeapType, readValueType } from './types.ts';

/**
 * One instruction as {@link readInstruction} leaves it. The record is reused from instruction to instruction; fields
 * that the instruction does not have keep old values.
 */
export interface Instruction {
  /** The opcode byte; for prefixed instructions the prefix, then twelve bits of the number: 0xfc00a is memory.copy. */
  opcode: number;
  /** Where it starts; it ends at the reader's position. */
  start: number;
  /** The first index immediate: function, local, global, type, table, segment, label. */
  index: number;
  /** The second index immediate. */
  second: number;
  /** Memory instructions: the memory and the constant offset in bytes. */
  memory: number;
  offset: number;
}

export function newInstruction(): Instruction {
  return { opcode: 0, start: 0, index: 0, second: 0, memory: 0, offset: 0 };
}

/*
 * What follows each opcode, one letter per opcode, sixteen to a row (WebAssembly 3.0 binary format, 5.4):
 *   .  nothing            i  index              j  two indices        b  block type     t  br_table
 *   s  select's types     c  try_table          m  memory argument    n  32-bit LEB     l  64-bit LEB
 *   4  four bytes         8  eight bytes        x  sixteen bytes      o  one byte       p  memory argument, lane
 *   h  heap type          k  cast branch        g f v a  prefixes     (space)  not an instruction
 */
const PLAIN =
  '..bbb.biii..iit.' + // 0x00 unreachable, nop, block, loop, if, else, try, catch, throw, rethrow, throw_ref, end, br …
  'ijijii  i...s  c' + // 0x10 call … return_call_ref, delegate, catch_all, drop, select, try_table
  'iiiiiii mmmmmmmm' + // 0x20 local, global, table access; loads
  'mmmmmmmmmmmmmmmi' + // 0x30 loads and stores, memory.size
  'inl48...........' + // 0x40 memory.grow, constants, comparisons
  '................' + // 0x50
  '................' + // 0x60
  '................' + // 0x70
  '................' + // 0x80
  '................' + // 0x90
  '................' + // 0xa0
  '................' + // 0xb0
  '.....           ' + // 0xc0 sign extension
  'h.i..ii         ' + // 0xd0 ref.null, ref.is_null, ref.func, ref.eq, ref.as_non_null, br_on_null, br_on_non_null
  '                ' + // 0xe0
  '           gfva '; // 0xf0

/** 0xfb: structs, arrays, casts, i31. */
const GC = 'iijjjjiijjjiiii.ijjjhhhhkk.....';

/** 0xfc: saturating truncation, bulk memory, tables. */
const MISC = '........jijijijiii';

/** 0xfd: vectors; the second half of the string is the relaxed ones. */
const VECTOR =
  'mmmmmmmmmmmmxx..' + // 0x00 loads, store, constant, shuffle
  '.....ooooooooooo' + // 0x10 splats, lanes
  'ooo.............' + // 0x20
  '................' + // 0x30
  '................' + // 0x40
  '....ppppppppmm..' + // 0x50 lane loads and stores, loads with zeros
  '................' + // 0x60
  '................' + // 0x70
  '................' + // 0x80
  '.......... .....' + // 0x90
  '.. ..  ........ ' + // 0xa0
  ' .   ...... ....' + // 0xb0
  '.. ..  ........ ' + // 0xc0
  ' .   ...........' + // 0xd0
  '.. ........... .' + // 0xe0
  '................' + // 0xf0
  '................' + // 0x100 relaxed
  '....'; // 0x110

/** 0xfe: atomics. */
const ATOMIC =
  'mmmo            ' + // 0x00 notify, wait, fence
  'mmmmmmmmmmmmmmmm' + // 0x10
  'mmmmmmmmmmmmmmmm' + // 0x20
  'mmmmmmmmmmmmmmmm' + // 0x30
  'mmmmmmmmmmmmmmm '; // 0x40

/** What follows an opcode byte, coarsely: enough to pass over most instructions without {@link readInstruction}. */
export const FOLLOWS = { nothing: 0, leb: 1, memory: 2, other: 3 } as const;

/** {@link FOLLOWS} by opcode byte. */
export const FOLLOWING: Readonly<Uint8Array> = Uint8Array.from(PLAIN, (form) => {
  if (form === '.') return FOLLOWS.nothing;
  if (form === 'i' || form === 'n') return FOLLOWS.leb;
  return form === 'm' ? FOLLOWS.memory : FOLLOWS.other;
});

/** Reads one instruction and passes over all its immediates. An opcode that is not in the tables is `unsupported`. */
export function readInstruction(reader: Reader, into: Instruction): void {
  into.start = reader.position;
  const opcode = reader.byte();
  into.opcode = opcode;
  const form = PLAIN[opcode]!;
  if (form === '.') return;
  if (form === 'i') into.index = reader.u32();
  else if (form === 'm') readMemoryArgument(reader, into);
  else if (form === 'n') reader.skipLeb(5);
  else readRare(reader, into, form);
}

function readRare(reader: Reader, into: Instruction, form: string): void {
  switch (form) {
    case 'g':
      return readPrefixed(reader, into, GC);
    case 'f':
      return readPrefixed(reader, into, MISC);
    case 'v':
      return readPrefixed(reader, into, VECTOR);
    case 'a':
      return readPrefixed(reader, into, ATOMIC);
    default:
      return readImmediates(reader, into, form);
  }
}

function readPrefixed(reader: Reader, into: Instruction, forms: string): void {
  const number = reader.u32();
  const form = forms[number] ?? ' ';
  // Out of the tables' range the form is a space, so the number always fits the twelve bits when it is used.
  into.opcode = (into.opcode << 12) | (number & 0xfff);
  if (form === ' ') throw new WasmError('unsupported', `instruction 0x${into.opcode.toString(16)}`, into.start);
  if (form !== '.') readImmediates(reader, into, form);
}

function readImmediates(reader: Reader, into: Instruction, form: string): void {
  switch (form) {
    case 'i':
      into.index = reader.u32();
      return;
    case 'j':
      into.index = reader.u32();
      into.second = reader.u32();
      return;
    case 'b':
      return skipBlockType(reader);
    case 't':
      for (let targets = reader.count() + 1; targets > 0; targets--) reader.u32();
      return;
    case 's':
      for (let types = reader.count(); types > 0; types--) readValueType(reader);
      return;
    case 'c':
      return skipTryTable(reader);
    case 'm':
      return readMemoryArgument(reader, into);
    case 'p':
      readMemoryArgument(reader, into);
      return reader.skip(1);
    case 'h':
      readHeapType(reader);
      return;
    case 'k':
      return skipCastBranch(reader, into);
    default:
      return skipConstant(reader, into, form);
  }
}

function skipConstant(reader: Reader, into: Instruction, form: string): void {
  switch (form) {
    case 'l':
      return reader.skipLeb(10);
    case '4':
      return reader.skip(4);
    case '8':
      return reader.skip(8);
    case 'x':
      return reader.skip(16);
    case 'o':
      return reader.skip(1);
    default:
      throw new WasmError('unsupported', `instruction 0x${into.opcode.toString(16)}`, into.start);
  }
}

/** Bit 6 of the alignment says that a memory index follows (WebAssembly 3.0, multiple memories). */
function readMemoryArgument(reader: Reader, into: Instruction): void {
  const alignment = reader.u32();
  into.memory = (alignment & 0x40) === 0 ? 0 : reader.u32();
  into.offset = reader.u64();
}

/** Empty (0x40), a value type, or a type index: all but references are a single signed LEB128. */
function skipBlockType(reader: Reader): void {
  const first = reader.peek();
  if (first === 0x63 || first === 0x64) readValueType(reader);
  else reader.skipLeb(5);
}

function skipTryTable(reader: Reader): void {
  skipBlockType(reader);
  for (let clauses = reader.count(); clauses > 0; clauses--) {
    const kind = reader.byte();
    if (kind > 3) throw new WasmError('unsupported', `catch clause ${kind}`, reader.position - 1);
    if (kind < 2) reader.u32();
    reader.u32();
  }
}

function skipCastBranch(reader: Reader, into: Instruction): void {
  reader.skip(1);
  into.index = reader.u32();
  readHeapType(reader);
  readHeapType(reader);
}

const END = 0x0b;

/** Passes over a constant expression with its `end`. Those have no blocks, so the first `end` is the one. */
export function skipConstantExpression(reader: Reader): void {
  const instruction = newInstruction();
  do readInstruction(reader, instruction);
  while (instruction.opcode !== END);
}
