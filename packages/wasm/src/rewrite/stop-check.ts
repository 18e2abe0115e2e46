import { EMPTY_BLOCK, OP } from '../binary/opcodes.ts';
import { Writer } from '../binary/writer.ts';
import { STOP_FLAG_OFFSET } from './options.ts';

const ATOMIC_PREFIX = 0xfe;
const I32_LOAD_NUMBER = 0x10;
/** Alignment of four bytes, and bit 6: a memory index follows. */
const ALIGN_4_WITH_MEMORY = 0x42;

/**
 * `if (flag) unreachable`: takes and leaves nothing, and branches of the guest count none of it, as its block ends before
 * the guest's code goes on. The load is atomic, because the engine may take an ordinary one out of a loop. A trap is what
 * no exception handler of the guest can catch.
 */
export function stopCheck(control: number): Uint8Array {
  const out = new Writer(32);
  out.append([OP.i32Const, 0, ATOMIC_PREFIX, I32_LOAD_NUMBER, ALIGN_4_WITH_MEMORY]);
  out.u32(control);
  out.u32(STOP_FLAG_OFFSET);
  out.append([OP.if, EMPTY_BLOCK, OP.unreachable, OP.end]);
  return out.toBytes();
}
