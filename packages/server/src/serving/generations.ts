import type { Generation } from './generation.ts';

/** A generation in use by one request. */
export interface Lease {
  readonly generation: Generation;
  release(): void;
}

interface Entry {
  readonly generation: Generation;
  leases: number;
}

/**
 * The generations of a thread: the one that serves, those prepared beside it, and old ones that requests in flight
 * still use. A request keeps the generation it started with.
 */
export class Generations {
  readonly #entries = new Map<number, Entry>();
  readonly #released: (number: number) => void;
  #active: Entry;

  /** @param released Called once for each replaced generation, when its last request has ended. */
  constructor(first: Generation, released: (number: number) => void) {
    this.#released = released;
    this.#active = this.#add(first);
  }

  prepare(generation: Generation): void {
    this.#add(generation);
  }

  activate(number: number): void {
    const next = this.#entries.get(number);
    if (!next || next === this.#active) return;
    const old = this.#active;
    this.#active = next;
    this.#forgetIfUnused(old);
  }

  has(number: number): boolean {
    return this.#entries.has(number);
  }

  /** Every generation that is still in use or prepared. */
  get all(): Generation[] {
    return [...this.#entries.values()].map(({ generation }) => generation);
  }

  acquire(): Lease {
    const entry = this.#active;
    entry.leases++;
    return {
      generation: entry.generation,
      release: () => {
        entry.leases--;
        this.#forgetIfUnused(entry);
      },
    };
  }

  #add(generation: Generation): Entry {
    const entry = { generation, leases: 0 };
    this.#entries.set(generation.number, entry);
    return entry;
  }

  #forgetIfUnused(entry: Entry): void {
    if (entry === this.#active || entry.leases > 0) return;
    if (this.#entries.delete(entry.generation.number)) this.#released(entry.generation.number);
  }
}
