import type { Socket } from 'node:net';
import type { ByteBudget } from './accumulator.ts';
import { LINGER_BYTES, PIPELINE_BURST, type FrontLimits } from './bounds.ts';
import type { RequestHead } from './head.ts';
import { RequestParser } from './parser.ts';
import { problem, type HttpProblem } from './problem.ts';
import { endpointFor } from './refusal.ts';
import { CONTINUE, replyOf, responseText, type Reply } from './response.ts';
import type { Endpoint } from './routes.ts';

/** Decides; must not reject. */
export type Decide = (endpoint: Endpoint, body: Uint8Array) => Promise<Reply>;

/** What the connections of a front have in common. */
export interface Shared {
  readonly decide: Decide;
  readonly limits: FrontLimits;
  readonly budget: ByteBudget;
  readonly connections: Set<Connection>;
  /** Ticks since the front started; deadlines are counted in them, so that a stall of ours is not held against clients. */
  tick: number;
  /** The Date of answers, renewed at each tick. */
  date: string;
  draining: boolean;
}

/**
 * What a connection waits for: the first byte of a request, the rest of its head, its body, the decision, the client to
 * take the answer, its turn among other connections, or the client's end of a connection whose last answer is sent.
 */
type Phase = 'start' | 'head' | 'body' | 'decision' | 'write' | 'turn' | 'end' | 'closed';

const TOO_SLOW = problem(408, 'the request did not arrive in time');
const DEFECT: Reply = { status: 500, body: JSON.stringify({ message: 'something went wrong' }) };

/**
 * One connection of a client. It has one request at a time in hand: pipelined ones wait in the chunk they came in, which
 * keeps the answers in order, and the socket is paused as soon as more arrives.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #shared: Shared;
  readonly #parser: RequestParser;
  #phase: Phase = 'start';
  #deadline = 0;
  /** What has arrived and can't be read yet. */
  #rest: Buffer | undefined;
  /** Requests answered in this turn. */
  #burst = 0;
  #target: Endpoint | HttpProblem | undefined;
  #clientEnded = false;
  #discarded = 0;

  constructor(socket: Socket, shared: Shared) {
    this.#socket = socket;
    this.#shared = shared;
    this.#parser = new RequestParser(shared.budget);
    shared.connections.add(this);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#phase === 'write' && this.#goOn());
    socket.on('end', () => this.#clientEnd());
    // The reason does not matter, and may be the client's to know; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed());
    // One that was accepted while others are drained has some time for its first request.
    this.#wait('start', shared.draining ? shared.limits.lingerMs : shared.limits.keepAliveMs);
  }

  /** Acts if what the connection waits for has not come in time. */
  expire(): void {
    if (this.#shared.tick < this.#deadline) return;
    switch (this.#phase) {
      case 'head':
      case 'body':
        return this.#answer(replyOf(TOO_SLOW), true);
      case 'start':
        return this.#socket.writableLength > 0 ? this.cut() : this.#end();
      case 'write':
      case 'end':
        return this.cut();
      // A decision has a limit of its own.
      case 'decision':
      case 'turn':
      case 'closed':
        return;
    }
  }

  /** Ends the connection if nothing is in flight; otherwise the next answer, which says so, is its last. */
  drain(): void {
    if (this.#phase === 'start') this.#end();
  }

  cut(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    switch (this.#phase) {
      case 'start':
      case 'head':
      case 'body':
        this.#burst = 0;
        return this.#consume(chunk);
      case 'end':
        this.#discarded += chunk.length;
        return this.#discarded > LINGER_BYTES ? this.cut() : undefined;
      case 'closed':
        return;
      case 'decision':
      case 'write':
      case 'turn':
        this.#rest = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
        this.#socket.pause();
    }
  }

  /** Reads the chunk up to a request that must be waited for; the rest is kept for later. */
  #consume(chunk: Buffer): void {
    let at = 0;
    for (;;) {
      const event = this.#parser.read(chunk, at);
      at = this.#parser.at;
      if (event === 'more') return this.#awaitMore();
      if (event === 'problem') return this.#answer(replyOf(this.#parser.problem!), true);
      if (event === 'head') {
        if (!this.#begin(this.#parser.head!, at < chunk.length)) return;
      } else {
        if (at < chunk.length) this.#rest = at === 0 ? chunk : chunk.subarray(at);
        return this.#decide(this.#target!);
      }
    }
  }

  #awaitMore(): void {
    if (this.#clientEnded) return this.cut();
    this.#resume();
    const { phase } = this.#parser;
    if (phase === this.#phase) return;
    const { keepAliveMs, arrivalMs } = this.#shared.limits;
    this.#wait(phase, phase === 'start' ? keepAliveMs : arrivalMs);
  }

  /** Finds the endpoint; false when the request is refused without its body, which ends the connection. */
  #begin(head: RequestHead, bodyArrives: boolean): boolean {
    this.#target = endpointFor(head);
    const hasBody = head.length !== 0;
    if (hasBody && typeof this.#target !== 'string') {
      this.#answer(replyOf(this.#target), true);
      return false;
    }
    if (hasBody && head.waits && !bodyArrives) this.#socket.write(CONTINUE, 'latin1');
    return true;
  }

  #decide(target: Endpoint | HttpProblem): void {
    if (typeof target !== 'string') return this.#settle(replyOf(target));
    this.#wait('decision', Infinity);
    void this.#shared.decide(target, this.#parser.body()).then(this.#settle, this.#fail);
  }

  /** Answers the request in hand, unless the connection is gone. */
  readonly #settle = (reply: Reply): void => {
    if (this.#phase === 'closed') return;
    this.#answer(reply, this.#parser.head?.close === true || this.#shared.draining);
  };

  readonly #fail = (): void => this.#settle(DEFECT);

  /** Sends an answer; the last one ends our side, and the client's is waited for so that it can read the answer. */
  #answer(reply: Reply, close: boolean): void {
    const headOnly = this.#parser.head?.method === 'HEAD';
    const text = responseText(reply, { date: this.#shared.date, close, headOnly });
    const taken = this.#socket.write(text);
    if (close) return this.#end();
    this.#parser.next();
    if (taken) this.#goOn();
    else this.#wait('write', this.#shared.limits.arrivalMs);
  }

  /** Goes on with what came in the meantime, after a turn of the other connections if it came in numbers. */
  #goOn(): void {
    const rest = this.#rest;
    if (!rest) return this.#waitForRequest();
    this.#wait('turn', Infinity);
    if (++this.#burst < PIPELINE_BURST) process.nextTick(this.#takeTurn);
    else setImmediate(this.#takeTurn);
  }

  readonly #takeTurn = (): void => {
    const rest = this.#rest;
    if (this.#phase !== 'turn' || !rest) return;
    this.#rest = undefined;
    this.#consume(rest);
  };

  #waitForRequest(): void {
    this.#wait('start', this.#shared.limits.keepAliveMs);
    if (this.#clientEnded || this.#shared.draining) return this.#end();
    this.#resume();
  }

  #clientEnd(): void {
    this.#clientEnded = true;
    if (this.#phase === 'start') this.#end();
    else if (this.#phase === 'head' || this.#phase === 'body') this.cut();
  }

  #end(): void {
    this.#parser.next();
    this.#rest = undefined;
    this.#wait('end', this.#shared.limits.lingerMs);
    this.#socket.end();
    this.#resume();
  }

  #resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #closed(): void {
    this.#phase = 'closed';
    this.#rest = undefined;
    this.#parser.next();
    this.#shared.connections.delete(this);
  }

  /** Waits for a phase to pass; it has at least that long, and up to a tick more. */
  #wait(phase: Phase, ms: number): void {
    this.#phase = phase;
    this.#deadline = this.#shared.tick + Math.ceil(ms / this.#shared.limits.tickMs) + 1;
  }
}
