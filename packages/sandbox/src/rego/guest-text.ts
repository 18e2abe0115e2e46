import type { GuestMemory } from '../memory.ts';

/** Memories are whole multiples of this, so that a block that starts inside lies inside as a whole. */
const BLOCK = 4096;

/**
 * The bytes of a zero-terminated string in the guest's memory, without the zero. Undefined when it is longer than
 * `limit`, or reaches the end of the memory. A view, valid until the guest runs.
 */
export function textAt(memory: GuestMemory, pointer: number, limit: number): Uint8Array | undefined {
  const start = pointer >>> 0;
  let at = start;
  while (at - start <= limit) {
    const block = memory.range(at, BLOCK - (at % BLOCK));
    if (!block) return undefined;
    const zero = block.indexOf(0);
    if (zero >= 0) return at + zero - start <= limit ? memory.range(start, at + zero - start) : undefined;
    at += block.length;
  }
  return undefined;
}
