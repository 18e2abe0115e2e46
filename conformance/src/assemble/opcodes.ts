import type { Bytes } from './bytes.ts';

/** What follows an opcode in the text and, encoded, in the binary. */
export type Immediate =
  | 'none'
  /** Blocks here take and leave nothing. */
  | 'block'
  /** A label that catches everything; the block itself takes and leaves nothing. */
  | 'catch-all'
  | 'label'
  | 'local'
  | 'global'
  | 'function'
  | 'type'
  /** A type, for calls through table 0. */
  | 'signature'
  | 'tag'
  | 'table'
  | 'i32'
  | 'i64'
  | 'f64'
  /** `offset=N` may follow; the alignment is the least one. */
  | 'address'
  /** As `address`, for the four-byte atomics, whose alignment is fixed. */
  | 'atomic-address'
  | 'memory'
  | 'two-memories'
  /** A heap type: the name of a type. */
  | 'heap';

/** The instructions that the hostile guests are written in: the bytes of the opcode and what follows it. */
export const OPCODES: Readonly<Record<string, readonly [Bytes, Immediate]>> = {
  unreachable: [[0x00], 'none'],
  nop: [[0x01], 'none'],
  block: [[0x02], 'block'],
  loop: [[0x03], 'block'],
  if: [[0x04], 'block'],
  else: [[0x05], 'none'],
  // The exception handling of 2021, which engines still run.
  try: [[0x06], 'block'],
  catch_all: [[0x19], 'none'],
  throw: [[0x08], 'tag'],
  end: [[0x0b], 'none'],
  br: [[0x0c], 'label'],
  br_if: [[0x0d], 'label'],
  return: [[0x0f], 'none'],
  call: [[0x10], 'function'],
  call_indirect: [[0x11], 'signature'],
  return_call: [[0x12], 'function'],
  return_call_indirect: [[0x13], 'signature'],
  drop: [[0x1a], 'none'],
  select: [[0x1b], 'none'],
  try_table: [[0x1f], 'catch-all'],
  'local.get': [[0x20], 'local'],
  'local.set': [[0x21], 'local'],
  'local.tee': [[0x22], 'local'],
  'global.get': [[0x23], 'global'],
  'global.set': [[0x24], 'global'],
  'table.get': [[0x25], 'table'],
  'table.set': [[0x26], 'table'],
  'i32.load': [[0x28], 'address'],
  'i64.load': [[0x29], 'address'],
  'i32.load8_u': [[0x2d], 'address'],
  'i32.store': [[0x36], 'address'],
  'i64.store': [[0x37], 'address'],
  'i32.store8': [[0x3a], 'address'],
  'memory.size': [[0x3f], 'memory'],
  'memory.grow': [[0x40], 'memory'],
  'i32.const': [[0x41], 'i32'],
  'i64.const': [[0x42], 'i64'],
  'f64.const': [[0x44], 'f64'],
  'i64.eqz': [[0x50], 'none'],
  'f64.eq': [[0x61], 'none'],
  'i32.eqz': [[0x45], 'none'],
  'i32.eq': [[0x46], 'none'],
  'i32.ne': [[0x47], 'none'],
  'i32.lt_u': [[0x49], 'none'],
  'i32.gt_u': [[0x4b], 'none'],
  'i32.ge_u': [[0x4f], 'none'],
  'i32.add': [[0x6a], 'none'],
  'i32.sub': [[0x6b], 'none'],
  'i32.mul': [[0x6c], 'none'],
  'i32.div_u': [[0x6e], 'none'],
  'i32.rem_u': [[0x70], 'none'],
  'i32.and': [[0x71], 'none'],
  'i32.or': [[0x72], 'none'],
  'i32.shl': [[0x74], 'none'],
  'i64.add': [[0x7c], 'none'],
  'i32.wrap_i64': [[0xa7], 'none'],
  'i32.trunc_f64_s': [[0xaa], 'none'],
  'ref.null': [[0xd0], 'heap'],
  'ref.is_null': [[0xd1], 'none'],
  'ref.func': [[0xd2], 'function'],
  'struct.new': [[0xfb, 0x00], 'type'],
  'array.new_default': [[0xfb, 0x07], 'type'],
  'memory.copy': [[0xfc, 0x0a], 'two-memories'],
  'memory.fill': [[0xfc, 0x0b], 'memory'],
  'table.grow': [[0xfc, 0x0f], 'table'],
  'table.size': [[0xfc, 0x10], 'table'],
  'memory.atomic.wait32': [[0xfe, 0x01], 'atomic-address'],
  'i32.atomic.rmw.add': [[0xfe, 0x1e], 'atomic-address'],
};
