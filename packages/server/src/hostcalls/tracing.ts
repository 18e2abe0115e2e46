import { refuseHostCall, type CallSeed, type HostAnswer, type HostCall, type HostCalls } from '@ostiary/sandbox';

/** Lines and bytes that one run may log; what comes after is dropped, and the guest is not told. */
const MAX_LINES = 1000;
const MAX_BYTES = 1024 * 1024;

const DONE: HostAnswer = { ok: true, payload: new Uint8Array() };

function isLog({ binding, namespace, operation }: HostCall): boolean {
  return binding === 'kubewarden' && namespace === 'tracing' && operation === 'log';
}

/** Who answers everything but log calls. */
export interface Answerer {
  /** The longest run at this moment, in milliseconds. */
  readonly limitMs: number;
  /** The longest start, where that is less than the guest's own limit. */
  readonly startLimitMs?: number;
  answer(call: HostCall): HostAnswer | undefined;
}

/**
 * Answers log calls at once and leaves all others to its answerer. A run that is repeated logs again, so that only the
 * lines of the newest run are kept. A class, because every request makes one: accessors and closures of its own would cost
 * it a microsecond.
 */
export class TracedCalls implements HostCalls {
  readonly seed: CallSeed;
  readonly #answerer: Answerer;
  #said: HostCall[] = NOTHING;
  #bytes = 0;

  constructor(answerer: Answerer, seed: CallSeed) {
    this.#answerer = answerer;
    this.seed = seed;
  }

  get limitMs(): number {
    return this.#answerer.limitMs;
  }

  get startLimitMs(): number {
    return this.#answerer.startLimitMs ?? Infinity;
  }

  /** What the newest run has logged. */
  get said(): readonly HostCall[] {
    return this.#said;
  }

  begin(): void {
    this.#said = NOTHING;
    this.#bytes = 0;
  }

  call(call: HostCall): HostAnswer | undefined {
    if (!isLog(call)) return this.#answerer.answer(call);
    this.#bytes += call.payload.length;
    if (this.#said.length < MAX_LINES && this.#bytes <= MAX_BYTES) this.#say(call);
    return DONE;
  }

  #say(call: HostCall): void {
    if (this.#said === NOTHING) this.#said = [];
    this.#said.push(call);
  }
}

/** Most runs log nothing; nobody writes to it. */
const NOTHING: HostCall[] = [];

/**
 * For guests that nobody listens to, as while they are tried: a log line is taken and dropped, because there
 * are guests that break when it is not; anything else is refused.
 */
export const DEAF: HostCalls = { call: (call) => (isLog(call) ? DONE : refuseHostCall(call)) };

/** The same for a guest that starts. */
export const STARTING: HostCalls = { call: (call) => (isLog(call) ? DONE : undefined) };
