import { describeHostCall, isAwaiting, newSeed, type HostAnswer, type HostCall, type Outcome } from '@ostiary/sandbox';
import type { Conversed, Exchange, Questioner, Turn, World } from './host.ts';

/** Questions that one request may ask. Each one whose answer is not known yet costs a run of the guest. */
const MAX_QUESTIONS = 1000;

const DONE: HostAnswer = { ok: true, payload: new Uint8Array() };

/**
 * Runs a guest, asks the world what the guest has asked, and runs it again with the answer, until it has all it wants or
 * its time is over. Each run starts from the same state, clocks and random bytes, so that it asks the same questions in
 * the same order as the one before, and one more. Never rejects.
 *
 * @param timeoutMs For all of it, the waiting included.
 */
export async function converse(
  world: World,
  questioner: Questioner,
  timeoutMs: number,
  turn: Turn,
): Promise<Conversed> {
  const talk = new Talk(world.ordered, timeoutMs);
  let outcome = turn(talk.calls());
  if (!isAwaiting(outcome)) return talk.ended(outcome);
  const signal = AbortSignal.timeout(Math.ceil(Math.max(1, talk.remainingMs)));
  while (isAwaiting(outcome)) {
    const { awaiting } = outcome;
    if (talk.exchanges.length >= MAX_QUESTIONS)
      return talk.failed('host-limit', `asked its host more than ${MAX_QUESTIONS} times`);
    const answer = await answered(world, questioner, awaiting, signal);
    if (!answer || talk.remainingMs <= 0) {
      return talk.failed(
        'deadline',
        `gave no answer within its limit of ${timeoutMs} ms, waiting for ${describeHostCall(awaiting)}`,
      );
    }
    talk.learn(awaiting, answer);
    outcome = turn(talk.calls());
  }
  return talk.ended(outcome);
}

/** Undefined when the time is over first. */
async function answered(
  world: World,
  questioner: Questioner,
  call: HostCall,
  signal: AbortSignal,
): Promise<HostAnswer | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const give = (): void => resolve(undefined);
  signal.addEventListener('abort', give);
  try {
    return await Promise.race([world.answer(call, questioner, signal).catch(broken), late]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}

function broken(error: unknown): HostAnswer {
  return { ok: false, error: error instanceof Error ? error.message : 'the host failed to answer' };
}

/** The questions and answers of one request, over all repetitions of its run. */
class Talk {
  /** In the order of the newest run; a repetition asks the same again. */
  exchanges: Exchange[] = [];
  /** Of the exchanges: making one costs more than comparing. */
  readonly #keys: string[] = [];
  readonly #known = new Map<string, HostAnswer>();
  readonly #ordered: boolean;
  readonly #end: number;
  readonly #seed = newSeed();
  #said: HostCall[] = [];
  #at = 0;

  constructor(ordered: boolean, timeoutMs: number) {
    this.#ordered = ordered;
    this.#end = performance.now() + timeoutMs;
  }

  get remainingMs(): number {
    return this.#end - performance.now();
  }

  calls(): Parameters<Turn>[0] {
    return {
      seed: this.#seed,
      limitMs: Math.max(1, this.remainingMs),
      begin: () => {
        this.#at = 0;
        this.#said = [];
      },
      call: (call) => (isLog(call) ? this.#log(call) : this.#answer(call)),
    };
  }

  learn(call: HostCall, answer: HostAnswer): void {
    const key = keyOf(call);
    this.#keys.splice(this.#at, Infinity, key);
    this.exchanges.splice(this.#at, Infinity, { call, answer });
    this.#known.set(key, answer);
  }

  ended(outcome: Outcome): Conversed {
    return { outcome, exchanges: this.exchanges.slice(0, this.#at), said: this.#said };
  }

  failed(code: 'deadline' | 'host-limit', message: string): Conversed {
    return this.ended({ ok: false, failure: { code, message, stderr: '' }, micros: 0 });
  }

  #log(call: HostCall): HostAnswer {
    if (this.#said.length < MAX_QUESTIONS) this.#said.push(call);
    return DONE;
  }

  #answer(call: HostCall): HostAnswer | undefined {
    const told = this.exchanges[this.#at];
    const key = keyOf(call);
    if (told && this.#keys[this.#at] === key) {
      this.#at++;
      return told.answer;
    }
    const known = this.#ordered ? undefined : this.#known.get(key);
    if (!known || this.exchanges.length >= MAX_QUESTIONS) return undefined;
    this.#keys.splice(this.#at, Infinity, key);
    this.exchanges.splice(this.#at++, Infinity, { call, answer: known });
    return known;
  }
}

function isLog({ binding, namespace, operation }: HostCall): boolean {
  return binding === 'kubewarden' && namespace === 'tracing' && operation === 'log';
}

/** Equal for equal questions, and for no others: the lengths keep the parts from running into each other. */
function keyOf({ binding, namespace, operation, payload }: HostCall): string {
  const names = [binding, namespace, operation].map((name) => `${name.length}:${name}`).join('');
  return names + Buffer.from(payload).toString('latin1');
}
