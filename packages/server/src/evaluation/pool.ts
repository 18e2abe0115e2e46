import { Worker } from 'node:worker_threads';
import type { CompileOptions, Control, GuestImage, Outcome } from '@ostiary/sandbox';
import type { CallFacts, Evaluated } from '../hostcalls/contract.ts';
import type { CompileRefusal, FromThread, GuestSpec, Job, JobResult, ThreadData, ToThread, Trial } from './protocol.ts';

/**
 * How long a thread may stay silent after a call's deadline before it is replaced. Guests stop within two ticks; only a
 * host function or a bulk memory instruction of at most the memory limit can take longer, and those take tens of
 * milliseconds.
 */
const SILENCE_GRACE_MS = 1000;
/** Reading, rewriting and compiling 16 MB takes half a second; a hostile module must not hold a thread for ever. */
const COMPILE_LIMIT_MS = 60_000;
/**
 * How often a guest may cost a thread and still be run: its stop checks make that impossible for its own code, so that
 * the third time is no accident.
 */
const OFFENCES_ALLOWED = 2;
/** A thread that dies young is not replaced at once, so that a broken installation does not spin. */
const YOUNG_MS = 1000;
/** The keys of jobs that are no calls; guests count from 1. */
const COMPILING = -1;
const WARMING = -2;
const CLOSED = 'is not run any more: the server is stopping';
/** What is done at loading waits for all that is before it: hundreds of modules, seconds each at worst. */
export const LOAD_PATIENCE_MS = 10 * 60_000;

export interface PoolStats {
  readonly threads: number;
  readonly busy: number;
  readonly queued: number;
  /** Threads replaced because they stopped answering. */
  readonly replaced: number;
}

interface Thread {
  readonly control: Control;
  worker: Worker;
  alive: boolean;
  bornAt: number;
  task: Task | undefined;
  silence: NodeJS.Timeout | undefined;
}

interface Task {
  readonly job: Job;
  /** Tasks of one guest share a key. */
  readonly key: number;
  /** The longest wait for a thread, in milliseconds. */
  readonly patienceMs: number;
  /** The longest run, in milliseconds. */
  readonly limitMs: number;
  readonly settle: (result: JobResult) => void;
  patience: NodeJS.Timeout | undefined;
  /** When the time is over that waiting and running share, by `performance.now()`; undefined: each has its own. */
  readonly endsAt: number | undefined;
}

/** Threads that run guests, so that the thread that serves never does. */
export class EvaluationPool {
  readonly #guests = new Map<number, GuestSpec>();
  readonly #queue: Task[] = [];
  /** How many threads each guest has cost. */
  readonly #offences = new Map<number, number>();
  readonly #threads: readonly Thread[];
  #replaced = 0;
  #closing = false;

  private constructor(controls: readonly Control[]) {
    this.#threads = controls.map(newThread);
    for (const thread of this.#threads) this.#listen(thread);
  }

  /** One thread per control page. */
  static start(controls: readonly Control[]): EvaluationPool {
    return new EvaluationPool(controls);
  }

  /** Makes guests known to every thread, also to those that replace a lost one. */
  add(guests: readonly GuestSpec[]): void {
    for (const guest of guests) this.#guests.set(guest.key, guest);
    this.#broadcast({ type: 'add', guests });
  }

  remove(keys: readonly number[]): void {
    for (const key of keys) {
      this.#guests.delete(key);
      this.#offences.delete(key);
    }
    this.#broadcast({ type: 'remove', keys });
  }

  /**
   * Never rejects: a call that finds no thread in time, or loses its thread, is a failed outcome.
   *
   * @param patienceMs How long it may wait for a thread. By default waiting and running together have the guest's limit, as a
   *   request has.
   */
  async call(guest: GuestSpec, operation: string, input: readonly Uint8Array[], patienceMs?: number): Promise<Outcome> {
    const { outcome } = await this.#run(guest, operation, input, patienceMs);
    if (outcome.ok || outcome.failure.code !== 'deadline') return outcome;
    // The message names the limit that the request had, not what waiting has left of it.
    const message = `gave no answer within its limit of ${guest.timeoutMs} ms`;
    return { ...outcome, failure: { ...outcome.failure, message } };
  }

  /**
   * One run of a conversation between guest and host: with these facts, and in the time that they leave. Never rejects.
   */
  converse(guest: GuestSpec, operation: string, input: readonly Uint8Array[], facts: CallFacts): Promise<Evaluated> {
    const limitMs = Math.max(0, Math.min(facts.limitMs, guest.timeoutMs));
    return this.#run({ ...guest, timeoutMs: limitMs }, operation, input, undefined, facts);
  }

  /**
   * Trial runs of a guest: until `runs` or `limitMs` is reached. Answers with the last output and the median time, or the
   * first failure.
   */
  async warm({ key, timeoutMs }: GuestSpec, trial: Trial): Promise<Outcome> {
    // The last of the runs may take as long as any call.
    const limitMs = trial.limitMs + timeoutMs;
    const result = await this.#submit({ type: 'warm', key, ...trial }, WARMING, limitMs, LOAD_PATIENCE_MS);
    return result.type === 'outcome' ? result.outcome : unavailable('was answered with something else');
  }

  /**
   * A call while its guest is being loaded and, if it goes well, trial runs on the same thread.
   *
   * @returns The outcome of the call, and the median time of the trial runs, if they went well too.
   */
  async callThenWarm(
    { key, timeoutMs }: GuestSpec,
    { operation, input }: Pick<Trial, 'operation' | 'input'>,
    trial: Trial,
  ): Promise<{ readonly outcome: Outcome; readonly usualMicros: number | undefined }> {
    const job = { type: 'call', key, operation, input, facts: undefined, trial } as const;
    // The call, and the last of the runs, may take as long as any.
    const result = await this.#submit(job, key, trial.limitMs + 2 * timeoutMs, LOAD_PATIENCE_MS);
    if (result.type !== 'outcome') {
      return { outcome: unavailable('was answered with something else'), usualMicros: undefined };
    }
    return { outcome: result.outcome, usualMicros: result.usualMicros };
  }

  /** Compiles away from the thread that serves; a refusal is a value. The trial decides between ways to put state back. */
  async compile(
    bytes: Uint8Array,
    options: CompileOptions,
    trial: Pick<Trial, 'operation' | 'input'>,
  ): Promise<GuestImage | CompileRefusal> {
    const result = await this.#submit(
      { type: 'compile', bytes, options, trial },
      COMPILING,
      COMPILE_LIMIT_MS,
      LOAD_PATIENCE_MS,
    );
    if (result.type === 'image') return result.image;
    if (result.type === 'refused') return result.refusal;
    return {
      code: 'unavailable',
      message: result.outcome.ok ? '' : `compiling it failed: ${result.outcome.failure.message}`,
    };
  }

  /** Whether the guest is not run any more because of what it did to threads; loading it anew gives it another chance. */
  isQuarantined(key: number): boolean {
    return (this.#offences.get(key) ?? 0) > OFFENCES_ALLOWED;
  }

  stats(): PoolStats {
    return {
      threads: this.#threads.length,
      busy: this.#threads.filter(({ task }) => task).length,
      queued: this.#queue.length,
      replaced: this.#replaced,
    };
  }

  /** Ends the threads. What is in them, waits for one or comes later fails at once. Drain first. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { silence } of this.#threads) clearTimeout(silence);
    const left = [...this.#queue.splice(0), ...this.#threads.flatMap(({ task }) => task ?? [])];
    for (const { patience, settle } of left) {
      clearTimeout(patience);
      settle(lost(CLOSED));
    }
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  async #run(
    { key, timeoutMs }: GuestSpec,
    operation: string,
    input: readonly Uint8Array[],
    patienceMs: number | undefined,
    facts?: CallFacts,
  ): Promise<Evaluated> {
    if (this.isQuarantined(key)) {
      return { outcome: unavailable(`is quarantined: it has cost ${this.#offences.get(key)} threads`), said: [] };
    }
    const job = { type: 'call', key, operation, input, facts } as const;
    const endsAt = patienceMs === undefined ? performance.now() + timeoutMs : undefined;
    const result = await this.#submit(job, key, timeoutMs, patienceMs ?? timeoutMs, endsAt);
    if (result.type !== 'outcome') return { outcome: unavailable('was answered with something else'), said: [] };
    return { outcome: result.outcome, said: result.said ?? [] };
  }

  #submit(job: Job, key: number, limitMs: number, patienceMs: number, endsAt?: number): Promise<JobResult> {
    if (this.#closing) return Promise.resolve(lost(CLOSED));
    return new Promise((settle) => {
      const task: Task = { job, key, limitMs, patienceMs, settle, patience: undefined, endsAt };
      this.#queue.push(task);
      task.patience = setTimeout(() => this.#giveUp(task), patienceMs);
      this.#dispatch();
    });
  }

  #giveUp(task: Task): void {
    this.#queue.splice(this.#queue.indexOf(task), 1);
    task.settle(lost(`found no free evaluation thread within ${task.patienceMs} ms`));
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (thread.task || !thread.alive) continue;
      const index = this.#queue.findIndex((task) => this.#mayRun(task));
      if (index < 0) return;
      const [task] = this.#queue.splice(index, 1);
      if (task) this.#start(thread, task);
    }
  }

  /**
   * One guest may not take every thread: the last one is left to the others. Compiling leaves two, so that what has been
   * compiled is tried meanwhile; and each thread that compiles has to become quick at it first.
   */
  #mayRun(task: Task): boolean {
    const running = this.#threads.filter((thread) => thread.task?.key === task.key).length;
    return running < Math.max(1, this.#threads.length - (task.key === COMPILING ? 2 : 1));
  }

  #start(thread: Thread, task: Task): void {
    const { worker } = thread;
    const { job, endsAt } = task;
    const leftMs = endsAt === undefined ? undefined : Math.max(0, endsAt - performance.now());
    // The guest's limit and not what is left of it: a start that can't be stopped may take a while, and costs no thread.
    const limit = task.limitMs + SILENCE_GRACE_MS;
    clearTimeout(task.patience);
    thread.task = task;
    thread.silence = setTimeout(
      () => this.#lose(thread, worker, `its thread gave no answer within ${limit} ms`),
      limit,
    );
    send(thread, { type: 'job', job: job.type === 'call' && leftMs !== undefined ? { ...job, limitMs: leftMs } : job });
  }

  #finish(thread: Thread, result: JobResult): void {
    const { task } = thread;
    clearTimeout(thread.silence);
    thread.task = undefined;
    task?.settle(result);
    this.#dispatch();
  }

  #listen(thread: Thread): void {
    const { worker } = thread;
    worker.on('message', (message: FromThread) => this.#finish(thread, message.result));
    worker.on('error', (error) => this.#lose(thread, worker, `its thread failed: ${String(error)}`));
    worker.on('exit', () => this.#lose(thread, worker, 'its thread ended'));
  }

  /** Ends a thread: its call fails, and the next one makes its guests anew. */
  #lose(thread: Thread, worker: Worker, cause: string): void {
    if (this.#closing || thread.worker !== worker || !thread.alive) return;
    const { task } = thread;
    const age = performance.now() - thread.bornAt;
    this.#replaced++;
    if (task) this.#offences.set(task.key, (this.#offences.get(task.key) ?? 0) + 1);
    clearTimeout(thread.silence);
    thread.alive = false;
    thread.task = undefined;
    void worker.terminate();
    setTimeout(() => this.#revive(thread), age < YOUNG_MS ? YOUNG_MS : 0);
    task?.settle(lost(cause));
  }

  #revive(thread: Thread): void {
    if (this.#closing) return;
    thread.worker = spawn(thread.control);
    thread.bornAt = performance.now();
    thread.alive = true;
    this.#listen(thread);
    send(thread, { type: 'add', guests: [...this.#guests.values()] });
    this.#dispatch();
  }

  #broadcast(message: ToThread): void {
    for (const thread of this.#threads) send(thread, message);
  }
}

function newThread(control: Control): Thread {
  return {
    control,
    worker: spawn(control),
    alive: true,
    bornAt: performance.now(),
    task: undefined,
    silence: undefined,
  };
}

function spawn(control: Control): Worker {
  return new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: { control: control.memory } satisfies ThreadData,
  });
}

function send(thread: Thread, message: ToThread): void {
  thread.worker.postMessage(message);
}

function lost(cause: string): JobResult {
  return { type: 'outcome', outcome: unavailable(cause) };
}

function unavailable(message: string): Outcome {
  return { ok: false, micros: 0, failure: { code: 'unavailable', message, stderr: '' } };
}
