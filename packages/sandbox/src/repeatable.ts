import { chachaBlock } from './chacha.ts';

/** What makes clocks and random bytes of a call repeatable; plain data that other threads can be given. */
export interface CallSeed {
  /** Where the wall clock starts, in milliseconds since 1970. */
  readonly wallMs: number;
  /** Where the monotonic clock starts, in milliseconds. */
  readonly monotonicMs: number;
  /** 32 bytes, secret and never used twice. */
  readonly random: Uint8Array;
}

/** A seed of this moment. */
export function newSeed(): CallSeed {
  return new LazySeed();
}

/** A seed as other threads can be given it. */
export function plainSeed({ wallMs, monotonicMs, random }: CallSeed): CallSeed {
  return { wallMs, monotonicMs, random };
}

/** Most guests want no random bytes, so they are drawn when they are asked for. */
class LazySeed implements CallSeed {
  readonly wallMs = Date.now();
  readonly monotonicMs = performance.now();
  #random: Uint8Array | undefined;

  get random(): Uint8Array {
    return (this.#random ??= drawSeed());
  }
}

const SEED_BYTES = 32;
/** Drawn by the dozen: one by one, the way to the system's generator costs more than a small guest's run. */
const pool = new Uint8Array(64 * SEED_BYTES);
let drawn = pool.length;

/** Bytes that nobody had before: what is taken from the pool is wiped there. */
function drawSeed(): Uint8Array {
  if (drawn === pool.length) {
    crypto.getRandomValues(pool);
    drawn = 0;
  }
  const seed = pool.slice(drawn, drawn + SEED_BYTES);
  pool.fill(0, drawn, drawn + SEED_BYTES);
  drawn += SEED_BYTES;
  return seed;
}

/**
 * How far a look at a clock moves it on, in milliseconds: a guest that waits by looking gets to the end of its wait, and
 * the same number of looks gives the same time.
 */
const LOOK_MS = 0.001;
const BLOCK = 64;

/** Clocks and random bytes that depend on nothing but the seed and what the guest has asked of them before. */
export class RepeatableWorld {
  readonly #seed: CallSeed;
  #looks = 0;
  #sleptMs = 0;
  #block: Uint8Array | undefined;
  #blocks = 0;
  #used = BLOCK;

  constructor(seed: CallSeed) {
    this.#seed = seed;
  }

  wallClock(): number {
    return this.#seed.wallMs + this.#elapsed();
  }

  monotonicClock(): number {
    return this.#seed.monotonicMs + this.#elapsed();
  }

  /** The guest has slept for so long. */
  pass(ms: number): void {
    this.#sleptMs += ms;
  }

  random(target: Uint8Array): void {
    for (let at = 0; at < target.length;) {
      if (this.#used === BLOCK) this.#refill();
      const part = this.#block!.subarray(this.#used, this.#used + target.length - at);
      target.set(part, at);
      at += part.length;
      this.#used += part.length;
    }
  }

  #elapsed(): number {
    return ++this.#looks * LOOK_MS + this.#sleptMs;
  }

  #refill(): void {
    this.#block = chachaBlock(this.#seed.random, this.#blocks++);
    this.#used = 0;
  }
}
