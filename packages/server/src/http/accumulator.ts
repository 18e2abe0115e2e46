import { problem } from './problem.ts';

export const NO_ROOM = problem(503, 'too many large request bodies arrive at the same time');

/** A number of bytes that several accumulators share. */
export interface ByteBudget {
  left: number;
}

const SMALLEST_SPACE = 64 * 1024;

/**
 * Collects the pieces of a body. One piece is kept as it is, without a copy; further ones are copied together, so that a
 * body sent byte by byte takes no more memory than its length, doubled.
 */
export class Accumulator {
  readonly #budget: ByteBudget;
  #only: Buffer | undefined;
  #space: Buffer | undefined;
  #length = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a piece of a body of at most `expected` bytes; false when the budget is used up. */
  append(piece: Buffer, expected: number): boolean {
    if (this.#length === 0) this.#only = piece;
    else if (!this.#copy(piece, expected)) return false;
    this.#length += piece.length;
    return true;
  }

  /** The body so far. It stays valid after `clear`. */
  take(): Buffer {
    return this.#space?.subarray(0, this.#length) ?? this.#only ?? Buffer.alloc(0);
  }

  /** Forgets the body and gives its bytes back to the budget. */
  clear(): void {
    if (this.#space) this.#budget.left += this.#space.length;
    this.#only = undefined;
    this.#space = undefined;
    this.#length = 0;
  }

  #copy(piece: Buffer, expected: number): boolean {
    const needed = this.#length + piece.length;
    if ((this.#space?.length ?? 0) < needed && !this.#grow(needed, expected)) return false;
    this.#space?.set(piece, this.#length);
    return true;
  }

  #grow(needed: number, expected: number): boolean {
    const size = Math.max(needed, Math.min(expected, Math.max(SMALLEST_SPACE, 2 * needed)));
    const before = this.#space?.length ?? 0;
    if (this.#budget.left < size - before) return false;
    const space = Buffer.allocUnsafeSlow(size);
    space.set(this.take());
    this.#budget.left -= size - before;
    this.#space = space;
    this.#only = undefined;
    return true;
  }
}
