import type { MessagePort } from 'node:worker_threads';
import { describeHostCall, type HostAnswer, type HostCall } from '@ostiary/sandbox';
import { AnswerCache, type CacheLimits } from './cache.ts';
import type { Answered, Asker, Question, Questioner, Reply } from './contract.ts';
import type { Versions } from './versions.ts';

export interface ClientOptions {
  /** The other end is the service's; see `serveHostCalls`. */
  readonly port: MessagePort;
  readonly versions: Versions;
  /** How long the service may take for one answer; default 10 s. */
  readonly timeoutMs?: number;
  readonly cache?: CacheLimits;
}

/** Long enough for a registry on another continent; most requests have less time left anyway. */
export const ANSWER_LIMIT_MS = 10_000;

interface Pending {
  readonly call: HostCall;
  readonly settle: (answered: Answered) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A serving thread's way to the service that answers host calls: keeps answers as long as they hold, and asks the same
 * question once however many requests wait for it.
 */
export class HostCallClient {
  readonly #port: MessagePort;
  readonly #timeoutMs: number;
  readonly #cache: AnswerCache;
  readonly #pending = new Map<number, Pending>();
  readonly #flights = new Map<string, Promise<HostAnswer>>();
  #lastId = 0;
  #closed = false;

  constructor({ port, versions, timeoutMs = ANSWER_LIMIT_MS, cache }: ClientOptions) {
    this.#port = port;
    this.#timeoutMs = timeoutMs;
    this.#cache = new AnswerCache(versions, cache);
    port.on('message', (reply: Reply) => this.#settle(reply.id, reply));
    port.on('close', () => this.#lose());
  }

  /**
   * The asker of one policy.
   *
   * @param log Where the policy's log lines go.
   */
  asker(questioner: Questioner, log: (call: HostCall) => void): Asker {
    // Grants are part of the key: what one policy may know is not told to another, nor to itself after a change.
    const prefix = `${JSON.stringify(questioner)}\n`;
    return {
      known: (_call, key) => this.#cache.get(prefix + key),
      ask: (call, key) => this.#ask(prefix + key, call, questioner),
      log,
    };
  }

  close(): void {
    this.#port.close();
    this.#lose();
  }

  #ask(key: string, call: HostCall, questioner: Questioner): Promise<HostAnswer> {
    const known = this.#cache.get(key);
    if (known) return Promise.resolve(known);
    const flight = this.#flights.get(key) ?? this.#fly(key, call, questioner);
    this.#flights.set(key, flight);
    return flight;
  }

  async #fly(key: string, call: HostCall, questioner: Questioner): Promise<HostAnswer> {
    const answered = await this.#send(call, questioner);
    this.#flights.delete(key);
    this.#cache.put(key, answered);
    return answered.answer;
  }

  #send(call: HostCall, { policy, grants }: Questioner): Promise<Answered> {
    if (this.#closed) return Promise.resolve(failed(call, 'is gone: the server is stopping'));
    const id = ++this.#lastId;
    return new Promise((settle) => {
      const timer = setTimeout(
        () => this.#settle(id, failed(call, `gave no answer within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      );
      this.#pending.set(id, { call, settle, timer });
      this.#port.postMessage({ id, policy, grants, call } satisfies Question);
    });
  }

  #settle(id: number, answered: Answered): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    pending.settle(answered);
  }

  #lose(): void {
    this.#closed = true;
    for (const [id, { call }] of this.#pending) this.#settle(id, failed(call, 'is gone: the server is stopping'));
  }
}

function failed(call: HostCall, why: string): Answered {
  return { answer: { ok: false, error: `${describeHostCall(call)} ${why}` }, validity: { kind: 'once' } };
}
