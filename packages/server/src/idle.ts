/** Something that can give memory back and gets it again at the next use. */
export interface Releasable {
  /** When it was used last, by `performance.now()`. */
  readonly usedAt: number;
  heldBytes(): number;
  release(): void;
}

/** What has not been called for so long is unlikely to be called in the next moment; making it again takes milliseconds. */
const IDLE_AFTER_MS = 60_000;
/**
 * The most that the guests of one thread hold between calls. The guest that is running comes on top, with at most its
 * own limit: two serving and three evaluation threads stay below 5 × (128 + 128) MiB however many modules there are.
 */
export const HELD_LIMIT = 128 * 1024 * 1024;
const LOOK_EVERY_MS = 15_000;

/** Makes idle guests give their memory back, as long as the thread lives. */
export function releaseIdle(guests: () => Iterable<Releasable>): void {
  setInterval(() => {
    const before = performance.now() - IDLE_AFTER_MS;
    for (const guest of guests()) if (guest.usedAt < before) guest.release();
    releaseAbove(HELD_LIMIT, guests());
  }, LOOK_EVERY_MS).unref();
}

/** Keeps what was used most recently, up to the limit. */
export function releaseAbove(limit: number, guests: Iterable<Releasable>): void {
  let held = 0;
  for (const guest of [...guests].sort((a, b) => b.usedAt - a.usedAt)) {
    held += guest.heldBytes();
    if (held > limit) guest.release();
  }
}
