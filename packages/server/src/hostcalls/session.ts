import { describeHostCall, newSeed, plainSeed, type Failure, type HostAnswer, type HostCall } from '@ostiary/sandbox';
import type { Asker, CallFacts } from './contract.ts';
import { keyOf, sizeOf } from './key.ts';
import { TracedCalls, type Answerer } from './tracing.ts';

/** Different questions that one request may ask: each one costs a run of the guest. */
const MAX_QUESTIONS = 1000;
/** Four of the longest answers. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The conversation of one request's guest with its host, over all repetitions of its run: what was answered once stays
 * the answer, whatever changes meanwhile, so that every repetition gets at least as far as the one before.
 */
export class HostSession implements Answerer {
  /** For runs on this thread. */
  readonly calls: TracedCalls;
  /** How long the request's runs have held this thread, in milliseconds. */
  heldMs = 0;
  readonly #asker: Asker;
  readonly #timeoutMs: number;
  readonly #budgetMs: number;
  readonly #started = performance.now();
  readonly #seed = newSeed();
  readonly #memo = new Map<string, HostAnswer>();
  #bytes = 0;
  #exceeded: string | undefined;

  /**
   * @param timeoutMs The guest's limit, which counts from now and includes the waiting.
   * @param budgetMs How long all runs together may hold this thread.
   */
  constructor(asker: Asker, timeoutMs: number, budgetMs: number) {
    this.#asker = asker;
    this.#timeoutMs = timeoutMs;
    this.#budgetMs = budgetMs;
    this.calls = new TracedCalls(this, this.#seed);
  }

  /** The longest run at this moment, on this thread. */
  get limitMs(): number {
    return Math.min(this.remainingMs, this.#budgetMs - this.heldMs);
  }

  get remainingMs(): number {
    return this.#started + this.#timeoutMs - performance.now();
  }

  /** For a run on another thread. */
  facts(): CallFacts {
    return { seed: plainSeed(this.#seed), limitMs: this.remainingMs, answers: [...this.#memo] };
  }

  /** Makes the answer known that a run was waiting for; or says why the request has failed. */
  async fetch(call: HostCall): Promise<Failure | undefined> {
    if (this.#exceeded !== undefined) return { code: 'host-limit', message: this.#exceeded, stderr: '' };
    const key = keyOf(call);
    if (this.#memo.has(key)) return undefined;
    if (this.remainingMs <= 0) return this.deadline();
    const answer = this.#asker.known(call, key) ?? (await this.#withinTime(this.#asker.ask(call, key)));
    if (!answer) return this.deadline(`, waiting for ${describeHostCall(call)}`);
    this.#keep(key, answer);
    return undefined;
  }

  /** The failure of a request whose time is over. */
  deadline(detail = ''): Failure {
    return {
      code: 'deadline',
      message: `gave no answer within its limit of ${this.#timeoutMs} ms${detail}`,
      stderr: '',
    };
  }

  /** Passes on what the run whose outcome counts has logged. */
  tell(said: readonly HostCall[]): void {
    for (const call of said) this.#asker.log(call);
  }

  /** What is known already; keeps it for the next repetition. */
  answer(call: HostCall): HostAnswer | undefined {
    if (this.#exceeded !== undefined) return undefined;
    const key = keyOf(call);
    const told = this.#memo.get(key);
    if (told) return told;
    const known = this.#asker.known(call, key);
    if (known) this.#keep(key, known);
    return this.#exceeded === undefined ? known : undefined;
  }

  #keep(key: string, answer: HostAnswer): void {
    this.#bytes += key.length + sizeOf(answer);
    if (this.#memo.size >= MAX_QUESTIONS) {
      this.#exceeded = `asked its host more than ${MAX_QUESTIONS} different questions`;
    } else if (this.#bytes > MAX_BYTES) {
      this.#exceeded = `was told more than ${MAX_BYTES} bytes by its host`;
    } else this.#memo.set(key, answer);
  }

  /** Undefined when the request's time is over first. */
  async #withinTime(asked: Promise<HostAnswer>): Promise<HostAnswer | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.max(0, this.remainingMs));
    });
    try {
      return await Promise.race([asked.catch(broken), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A defect of the host's is no reason to leave a guest without an answer; its text may say more than a guest may know. */
function broken(): HostAnswer {
  return { ok: false, error: 'the host failed to answer' };
}
