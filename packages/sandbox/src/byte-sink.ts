/**
 * Collects bytes that come in pieces of any size into one array: a guest that writes single bytes costs the host as
 * little memory as one that writes all at once.
 */
export class ByteSink {
  #bytes: Uint8Array = EMPTY;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(piece: Uint8Array): void {
    const needed = this.#length + piece.length;
    if (needed > this.#bytes.length) this.#enlarge(needed);
    this.#bytes.set(piece, this.#length);
    this.#length = needed;
  }

  /** Forgets what was collected, and large buffers with it. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT) this.#bytes = EMPTY;
  }

  /** A copy of what was collected. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Twice as much each time, so that all copying together stays below three times the result. */
  #enlarge(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2, SMALLEST));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const EMPTY = new Uint8Array();
/** Most answers fit. */
const SMALLEST = 512;
/** What is kept for the next use. */
const KEPT = 64 * 1024;
