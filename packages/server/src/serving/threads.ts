import type { SecureContextOptions } from 'node:tls';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Control } from '@ostiary/sandbox';
import type { EvaluationPool } from '../evaluation/pool.ts';
import type { GuestSpec } from '../evaluation/protocol.ts';
import { keysLeft } from '../generation/reuse.ts';
import { modulesOf, type GenerationSpec } from '../generation/spec.ts';
import type { ClientOptions } from '../hostcalls/client.ts';
import type { AnswerHostCall, Evaluated } from '../hostcalls/contract.ts';
import { serveHostCalls } from '../hostcalls/service.ts';
import type { Versions } from '../hostcalls/versions.ts';
import type { Log } from '../log.ts';
import type { Family } from '../metrics/registry.ts';
import { beats, SILENT_AFTER_MS } from './heartbeat.ts';
import type { FromServing, ServingData, ToServing } from './protocol.ts';

/** Who answers the host calls of policies, for all threads. */
export interface HostCallOptions {
  readonly answer: AnswerHostCall;
  readonly versions: Versions;
  /** What was counted beside the threads. */
  readonly families?: (() => readonly Family[]) | undefined;
  /** Called after the threads have ended. */
  readonly stop?: (() => Promise<void>) | undefined;
}

export interface ServingOptions extends Omit<ServingData, 'shared' | 'control' | 'generation' | 'hostCalls'> {
  /** Undefined: host calls are refused. */
  readonly hostCalls?: HostCallOptions | undefined;
  /** One page per thread to start. */
  readonly controls: readonly Control[];
  readonly pool: EvaluationPool;
  readonly write: Log;
  /** The body of the threads; tests put faulty ones in. */
  readonly entry?: URL;
}

interface Thread {
  readonly control: Control;
  worker: Worker;
  /** The worker is lost, and the next one is not there yet. */
  down: boolean;
  bornAt: number;
  /** How long the next one waits if this one dies young, in milliseconds. */
  restartMs: number;
  /** Its heartbeats at the last look, and when they last changed. */
  beatsSeen: number;
  beatAt: number;
}

/** How long a thread may take to say what it has counted: a scrape must not hang on a busy one. */
const COLLECT_LIMIT_MS = 1000;
const LOOK_EVERY_MS = 500;
/** A thread that dies young is started again after this time, and after twice as long each time that does not help. */
const FIRST_RESTART_MS = 100;
/** Whatever is in its way may go, and a gate must not stay dark much longer than that. */
const LONGEST_RESTART_MS = 10_000;
/** A thread that has lived so long did not die of how it is. */
const YOUNG_MS = 10_000;
/** Ending takes milliseconds; a thread that does not end may hold the port, but where it is shared that does not matter. */
const END_LIMIT_MS = 2000;
/** Threads cut their connections at the limit themselves. */
const DRAIN_GRACE_MS = 500;

const NOT_LOADED: Evaluated = {
  outcome: { ok: false, micros: 0, failure: { code: 'unavailable', message: 'is no longer loaded', stderr: '' } },
  said: [],
};

/** The threads that listen on the one port, as the control thread handles them. */
export class ServingThreads {
  readonly #options: ServingOptions;
  readonly #threads: Thread[] = [];
  readonly #waiting = new Set<(thread: Thread, message: FromServing) => void>();
  readonly #guests = new Map<number, GuestSpec>();
  #generation: GenerationSpec;
  #tls: SecureContextOptions | undefined;
  #port = 0;
  #replaced = 0;
  #look: NodeJS.Timeout | undefined;
  #stopping = false;

  private constructor(options: ServingOptions, generation: GenerationSpec) {
    this.#options = options;
    this.#tls = options.tls;
    this.#generation = generation;
    this.#port = options.port;
    this.#know(generation);
  }

  /** Starts the threads on one port. @throws Error when the port can't be bound. */
  static async start(options: ServingOptions, generation: GenerationSpec): Promise<ServingThreads> {
    const threads = new ServingThreads(options, generation);
    try {
      // The first one settles which port it is when a free one was asked for.
      for (const control of options.controls) await threads.#spawn(control);
    } catch (error) {
      await threads.#terminate();
      throw error;
    }
    threads.#look = setInterval(() => threads.#replaceSilent(), LOOK_EVERY_MS);
    return threads;
  }

  get port(): number {
    return this.#port;
  }

  get count(): number {
    return this.#threads.length;
  }

  get replaced(): number {
    return this.#replaced;
  }

  /**
   * Swaps a generation in on all threads: first every thread makes it, then every thread switches. Resolves when no
   * request uses the old one any more. A thread that has to be replaced meanwhile starts with the new one.
   *
   * @param activated Called when every thread has been told to switch: another swap may follow from then on.
   */
  async swap(spec: GenerationSpec, activated: () => void = () => undefined): Promise<void> {
    const old = this.#generation;
    const replaces = old.number;
    this.#know(spec);
    this.#generation = spec;
    await this.#askAll({ type: 'prepare', spec }, (m) => m.type === 'prepared' && m.number === spec.number);
    const released = this.#askAll(
      { type: 'activate', number: spec.number, replaces },
      (m) => m.type === 'released' && m.number === replaces,
    );
    activated();
    await released;
    for (const key of keysLeft(old, spec)) this.#guests.delete(key);
  }

  replaceCertificates(tls: SecureContextOptions): void {
    this.#tls = tls;
    for (const thread of this.#threads) send(thread, { type: 'certificates', tls });
  }

  /** What all threads have counted; a thread that is too busy to say is left out this time. */
  async collect(): Promise<(readonly Family[])[]> {
    const answers = this.#up().map(async (thread) => {
      const answer = this.#answer(thread, (message) => message.type === 'families');
      send(thread, { type: 'collect' });
      const message = await Promise.race([answer, delay(COLLECT_LIMIT_MS)]);
      return message?.type === 'families' ? message.families : [];
    });
    return Promise.all(answers);
  }

  /** Answers what is in flight, then ends the threads. */
  async stop(limitMs: number): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#look);
    const drained = this.#askAll({ type: 'drain', limitMs }, (message) => message.type === 'drained');
    // A thread that is stuck does not drain; it ends with the others.
    await Promise.race([drained, delay(limitMs + DRAIN_GRACE_MS)]);
    await this.#terminate();
  }

  async #spawn(control: Control): Promise<void> {
    const now = performance.now();
    const thread = {
      control,
      worker: this.#worker(control),
      down: false,
      bornAt: now,
      restartMs: FIRST_RESTART_MS,
      beatsSeen: beats(control),
      beatAt: now,
    };
    this.#threads.push(thread);
    this.#listen(thread);
    await this.#started(thread);
  }

  /** Rejects when the thread can't listen, or is lost before it does. */
  async #started(thread: Thread): Promise<void> {
    const message = await this.#answer(thread, ({ type }) => type === 'listening' || type === 'failed');
    if (message?.type === 'failed') throw new Error(message.message);
    if (message?.type !== 'listening') throw new Error('a serving thread ended before it listened');
    this.#port = message.port;
  }

  #worker(control: Control): Worker {
    const {
      host,
      apiAudiences,
      alwaysAcceptNamespace,
      telemetry,
      log,
      controls,
      entry = new URL('./thread.ts', import.meta.url),
    } = this.#options;
    const calls = this.#hostCalls();
    return new Worker(entry, {
      transferList: calls ? [calls.port] : [],
      workerData: {
        hostCalls: calls,
        host,
        port: this.#port,
        shared: controls.length > 1,
        tls: this.#tls,
        apiAudiences,
        alwaysAcceptNamespace,
        telemetry,
        log,
        control: control.memory,
        generation: this.#generation,
      } satisfies ServingData,
    });
  }

  /** A thread's way to the service that answers host calls; it ends with the thread. */
  #hostCalls(): ClientOptions | undefined {
    const { hostCalls, write } = this.#options;
    if (!hostCalls) return undefined;
    const { port1, port2 } = new MessageChannel();
    const report = (what: string, cause: unknown): void =>
      write('error', 'host call failed', { what, cause: cause instanceof Error ? cause.message : String(cause) });
    serveHostCalls(port1, { answer: hostCalls.answer, report });
    return { port: port2, versions: hostCalls.versions };
  }

  #listen(thread: Thread): void {
    const { worker } = thread;
    worker.on('message', (message: FromServing) => this.#receive(thread, worker, message));
    worker.on('error', (error) => this.#replace(thread, worker, `failed: ${String(error)}`));
    worker.on('exit', () => this.#replace(thread, worker, 'ended'));
  }

  #receive(thread: Thread, worker: Worker, message: FromServing): void {
    if (message.type === 'call') void this.#evaluate(worker, message);
    else for (const waiting of this.#waiting) waiting(thread, message);
  }

  /** Answers the worker that asked: the ids of the one after it start again, and mean other calls. */
  async #evaluate(worker: Worker, call: Extract<FromServing, { type: 'call' }>): Promise<void> {
    const guest = this.#guests.get(call.key);
    const evaluated = guest ? await this.#run(guest, call) : NOT_LOADED;
    worker.postMessage({ type: 'outcome', id: call.id, evaluated } satisfies ToServing);
  }

  async #run(
    guest: GuestSpec,
    { operation, input, facts }: Extract<FromServing, { type: 'call' }>,
  ): Promise<Evaluated> {
    const { pool } = this.#options;
    if (facts) return pool.converse(guest, operation, input, facts);
    return { outcome: await pool.call(guest, operation, input), said: [] };
  }

  /** The next message of the thread that fits, or undefined when the thread is lost before. */
  #answer(thread: Thread, fits: (message: FromServing) => boolean): Promise<FromServing | undefined> {
    const { worker } = thread;
    return new Promise((resolve) => {
      const settle = (message: FromServing | undefined): void => {
        this.#waiting.delete(check);
        worker.off('exit', lost);
        resolve(message);
      };
      const check = (from: Thread, message: FromServing): void => {
        if (from === thread && fits(message)) settle(message);
      };
      const lost = (): void => settle(undefined);
      worker.once('exit', lost);
      this.#waiting.add(check);
    });
  }

  /** Resolves when every thread has answered or is lost: a new one starts with what is current then. */
  async #askAll(message: ToServing, fits: (message: FromServing) => boolean): Promise<void> {
    const threads = this.#up();
    const answers = threads.map((thread) => this.#answer(thread, fits));
    for (const thread of threads) send(thread, message);
    await Promise.all(answers);
  }

  /** A lost worker neither answers nor ends once more. */
  #up(): readonly Thread[] {
    return this.#threads.filter(({ down }) => !down);
  }

  #know(spec: GenerationSpec): void {
    for (const { module } of modulesOf(spec)) this.#guests.set(module.guest.key, module.guest);
  }

  #replaceSilent(): void {
    for (const thread of this.#up()) {
      const seen = beats(thread.control);
      if (seen !== thread.beatsSeen) {
        thread.beatsSeen = seen;
        thread.beatAt = performance.now();
      } else if (performance.now() - thread.beatAt > SILENT_AFTER_MS) {
        this.#replace(thread, thread.worker, `was silent for ${SILENT_AFTER_MS} ms`);
      }
    }
  }

  #replace(thread: Thread, worker: Worker, cause: string): void {
    if (this.#stopping || thread.worker !== worker || thread.down) return;
    this.#replaced++;
    this.#options.write('error', 'serving thread replaced', { cause });
    const isYoung = performance.now() - thread.bornAt < YOUNG_MS;
    const waitMs = isYoung ? thread.restartMs : 0;
    thread.restartMs = isYoung ? Math.min(2 * thread.restartMs, LONGEST_RESTART_MS) : FIRST_RESTART_MS;
    thread.down = true;
    // The next one needs the port, which this one has until it has ended.
    void Promise.race([worker.terminate(), delay(END_LIMIT_MS)])
      .then(() => delay(waitMs))
      .then(() => this.#restart(thread));
  }

  #restart(thread: Thread): void {
    if (this.#stopping) return;
    const worker = this.#worker(thread.control);
    thread.worker = worker;
    thread.down = false;
    thread.bornAt = performance.now();
    thread.beatAt = thread.bornAt;
    this.#listen(thread);
    this.#started(thread).catch((error: Error) => {
      if (this.#stopping) return;
      this.#options.write('error', 'serving thread not restarted', { cause: error.message });
      // One that can't listen lives on and does nothing.
      this.#replace(thread, worker, error.message);
    });
  }

  async #terminate(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

function send(thread: Thread, message: ToServing): void {
  thread.worker.postMessage(message);
}

function delay(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
}
