/**
 * Versions of things that answers were made from, such as a watched list, in memory that all threads share: a thread
 * finds out with one load whether what it keeps is still true.
 *
 * Slots are picked by hash. Two things in one slot make each other's answers forgotten too early, never too late, and
 * nothing has to be freed.
 */
export type Versions = Int32Array<SharedArrayBuffer>;

/** 16 KiB; a server watches some dozens of lists. */
const SLOTS = 4096;

export function createVersions(): Versions {
  return new Int32Array(new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT));
}

/** The slot of a thing of that name. */
export function slotOf(name: string): number {
  // FNV-1a, 32 bits.
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % SLOTS;
}

/** To be read before what it stands for is read. */
export function versionOf(versions: Versions, slot: number): number {
  return Atomics.load(versions, slot);
}

/** The thing has changed; to be called after the change can be seen. */
export function bump(versions: Versions, slot: number): void {
  Atomics.add(versions, slot, 1);
}
