import type { HostAnswer } from '@ostiary/sandbox';
import type { Answered, Source, Validity } from './contract.ts';
import { sizeOf } from './key.ts';
import { versionOf, type Versions } from './versions.ts';

export interface CacheLimits {
  readonly entries: number;
  readonly bytes: number;
}

/** Of each thread. Answers of 4 KiB and more are shared by the threads that have them. */
const DEFAULT_LIMITS: CacheLimits = { entries: 10_000, bytes: 64 * 1024 * 1024 };

/** Answers that still hold, those used last up to a limit. */
export class AnswerCache {
  readonly #versions: Versions;
  readonly #limits: CacheLimits;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Answered>();
  #bytes = 0;

  constructor(versions: Versions, limits: CacheLimits = DEFAULT_LIMITS) {
    this.#versions = versions;
    this.#limits = limits;
  }

  get size(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#entries.size, bytes: this.#bytes };
  }

  get(key: string): HostAnswer | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#delete(key, entry);
    if (!this.#holds(entry.validity)) return undefined;
    this.#add(key, entry);
    return entry.answer;
  }

  put(key: string, entry: Answered): void {
    const old = this.#entries.get(key);
    if (old) this.#delete(key, old);
    if (!this.#holds(entry.validity)) return;
    this.#add(key, entry);
    for (const [oldest, each] of this.#entries) {
      if (this.#entries.size <= this.#limits.entries && this.#bytes <= this.#limits.bytes) return;
      this.#delete(oldest, each);
    }
  }

  #holds(validity: Validity): boolean {
    switch (validity.kind) {
      case 'once':
        return false;
      case 'until':
        return Date.now() < validity.until && (!validity.source || this.#isNow(validity.source));
      case 'version':
        return this.#isNow(validity);
    }
  }

  #isNow({ slot, version }: Source): boolean {
    return versionOf(this.#versions, slot) === version;
  }

  #add(key: string, entry: Answered): void {
    this.#entries.set(key, entry);
    this.#bytes += weightOf(key, entry);
  }

  #delete(key: string, entry: Answered): void {
    this.#entries.delete(key);
    this.#bytes -= weightOf(key, entry);
  }
}

function weightOf(key: string, { answer }: Answered): number {
  return key.length + sizeOf(answer);
}
