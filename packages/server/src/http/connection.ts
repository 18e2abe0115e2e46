import type { Socket } from 'node:net';
import type { ByteBudget } from './accumulator.ts';
import { LINGER_BYTES, PIPELINE_BURST, type FrontLimits } from './bounds.ts';
import type { RequestHead } from './head.ts';
import type { Outbox, Sender } from './outbox.ts';
import { RequestParser } from './parser.ts';
import { problem, type HttpProblem } from './problem.ts';
import { isTarget, refusalAt, targetFor } from './refusal.ts';
import { CONTINUE, replyOf, responseOf, type PolicyReply, type Reply } from './response.ts';
import type { Endpoint, PolicyOrigin, Target } from './routes.ts';

/** Decides; must not reject. */
export type Decide = (endpoint: Endpoint, body: Uint8Array) => Promise<Reply>;

/** Asks the policy with this id (contract: policy-server §4), which may answer at once; must not throw nor reject. */
export type PolicyEndpoint = (origin: PolicyOrigin, id: string, body: Uint8Array) => PolicyReply | Promise<PolicyReply>;

/** A connection as the front handles it, whatever protocol it speaks. */
export interface Served {
  /** The tick since which nothing is in flight; undefined while something is. */
  readonly idleSince: number | undefined;
  /** Acts if what it waits for has not come in time. */
  expire(): void;
  /** Ends it once nothing is in flight. */
  drain(): void;
  cut(): void;
}

/** What the connections of a front have in common. */
export interface Shared {
  readonly decide: Decide;
  /** Undefined: no policies are served. */
  readonly policies: PolicyEndpoint | undefined;
  readonly limits: FrontLimits;
  readonly budget: ByteBudget;
  readonly outbox: Outbox;
  /** Hears of every request that gets no decision, by status. */
  readonly refused: (status: number) => void;
  readonly connections: Set<Served>;
  /** Takes over a connection whose first bytes, which are still to be read, are those of HTTP/2. */
  readonly takeHttp2: (socket: Socket) => void;
  /** Ticks since the front started; deadlines are counted in them, so that a stall of ours is not held against clients. */
  tick: number;
  /** The Date of answers, renewed at each tick. */
  date: string;
  draining: boolean;
}

/**
 * What a connection waits for: whether its first bytes are those of HTTP/2, the first byte of a request, the rest of its head, its body, the decision, the client to
 * take the answer, its turn among other connections, or the client's end of a connection whose last answer is sent.
 */
type Phase = 'preface' | 'start' | 'head' | 'body' | 'decision' | 'write' | 'turn' | 'end' | 'closed';

export const TOO_SLOW = problem(408, 'the request did not arrive in time');
export const DEFECT = problem(500, 'something went wrong');

/**
 * One connection of a client. It has one request at a time in hand: pipelined ones wait in the chunk they came in, which
 * keeps the answers in order, and the socket is paused as soon as more arrives.
 */
export class Connection implements Served, Sender {
  readonly #socket: Socket;
  readonly #shared: Shared;
  readonly #parser: RequestParser;
  #phase: Phase = 'start';
  #deadline = 0;
  /** When it began to wait for that. */
  #waitsSince = 0;
  /** What has arrived and can't be read yet. */
  #rest: Buffer | undefined;
  /** Requests answered in this turn. */
  #burst = 0;
  #target: Target | HttpProblem | undefined;
  /** The answer that is ready to be sent. */
  #reply: PolicyReply | undefined;
  #clientEnded = false;
  #discarded = 0;

  constructor(socket: Socket, shared: Shared) {
    this.#socket = socket;
    this.#shared = shared;
    this.#parser = new RequestParser(shared.budget);
    shared.connections.add(this);
    socket.on('data', this.#receive);
    socket.on('drain', this.#drained);
    socket.on('end', this.#clientEnd);
    // The reason does not matter, and may be the client's to know; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', this.#closed);
    // One that was accepted while others are drained has some time for its first request.
    this.#wait('preface', shared.draining ? shared.limits.lingerMs : shared.limits.keepAliveMs);
  }

  /** Acts if what the connection waits for has not come in time. */
  expire(): void {
    if (this.#shared.tick < this.#deadline) return;
    switch (this.#phase) {
      case 'head':
      case 'body':
        return this.#refuse(TOO_SLOW);
      case 'preface':
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
    if (this.#phase === 'start' || this.#phase === 'preface') this.#end();
  }

  cut(): void {
    this.#socket.destroy();
  }

  get idleSince(): number | undefined {
    return this.#phase === 'start' || this.#phase === 'preface' ? this.#waitsSince : undefined;
  }

  readonly #drained = (): void => {
    if (this.#phase === 'write') this.#goOn();
  };

  readonly #receive = (chunk: Buffer): void => {
    switch (this.#phase) {
      case 'preface':
        return this.#begins(chunk);
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
  };

  /** Looks at the first bytes of the connection, which tell HTTP/2 from its older kin. */
  #begins(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    const preface = comparePreface(bytes);
    if (preface === 'whole') return this.#handOver(bytes);
    if (preface === 'part') return void (this.#rest = bytes);
    this.#phase = 'start';
    this.#consume(bytes);
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    this.#closed();
    socket
      .off('data', this.#receive)
      .off('drain', this.#drained)
      .off('end', this.#clientEnd)
      .off('close', this.#closed);
    socket.pause();
    socket.unshift(bytes);
    this.#shared.takeHttp2(socket);
  }

  /** Reads the chunk up to a request that must be waited for; the rest is kept for later. */
  #consume(chunk: Buffer): void {
    let at = 0;
    for (;;) {
      const event = this.#parser.read(chunk, at);
      at = this.#parser.at;
      if (event === 'more') return this.#awaitMore();
      if (event === 'problem') return this.#refuse(this.#parser.problem!);
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
    this.#target = targetFor(head, this.#shared.policies !== undefined);
    const hasBody = head.length !== 0;
    if (hasBody && !isTarget(this.#target)) {
      this.#refuse(this.#target);
      return false;
    }
    if (hasBody && head.waits && !bodyArrives) this.#socket.write(CONTINUE, 'latin1');
    return true;
  }

  #decide(target: Target | HttpProblem): void {
    if (!isTarget(target)) return this.#respond(this.#refusal(target));
    this.#wait('decision', Infinity);
    this.#shared.outbox.sendOverdue();
    decide(this.#shared, target, this.#parser.body(), this.#settle, this.#fail);
  }

  /** Ends the connection with an answer that says why: what follows can't be read, or is not wanted. */
  #refuse(why: HttpProblem): void {
    this.#answer(this.#refusal(why), true);
  }

  #refusal(why: HttpProblem): Reply {
    const refusal = refusalAt(this.#target, why);
    this.#shared.refused(refusal.status);
    return replyOf(refusal);
  }

  /** Has the answer sent with others: until then the connection waits for its decision, and reads nothing further. */
  readonly #settle = (reply: PolicyReply): void => {
    this.#reply = reply;
    this.#shared.outbox.add(this);
  };

  send(): void {
    const reply = this.#reply;
    this.#reply = undefined;
    if (reply) this.#respond(reply);
  }

  /** Answers the request in hand, unless the connection is gone. */
  #respond(reply: PolicyReply): void {
    if (this.#phase === 'closed') return;
    this.#answer(reply, this.#parser.head?.close === true || this.#shared.draining);
  }

  readonly #fail = (): void => this.#settle(replyOf(refusalAt(this.#target, DEFECT)));

  /** Sends an answer; the last one ends our side, and the client's is waited for so that it can read the answer. */
  #answer(reply: PolicyReply, close: boolean): void {
    const headOnly = this.#parser.head?.method === 'HEAD';
    const response = responseOf(reply, { date: this.#shared.date, close, headOnly });
    const taken = typeof response === 'string' ? this.#socket.write(response) : this.#socket.write(response);
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
    this.#target = undefined;
    this.#wait('start', this.#shared.limits.keepAliveMs);
    if (this.#clientEnded || this.#shared.draining) return this.#end();
    this.#resume();
  }

  readonly #clientEnd = (): void => {
    this.#clientEnded = true;
    if (this.#phase === 'start' || this.#phase === 'preface') this.#end();
    else if (this.#phase === 'head' || this.#phase === 'body') this.cut();
  };

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

  readonly #closed = (): void => {
    this.#phase = 'closed';
    this.#rest = undefined;
    this.#parser.next();
    this.#shared.connections.delete(this);
  };

  /** Waits for a phase to pass; it has at least that long, and up to a tick more. */
  #wait(phase: Phase, ms: number): void {
    this.#phase = phase;
    this.#waitsSince = this.#shared.tick;
    this.#deadline = this.#shared.tick + Math.ceil(ms / this.#shared.limits.tickMs) + 1;
  }
}

/** Has a body answered that came for a target: at once, or when there is an answer. */
export function decide(
  shared: Pick<Shared, 'decide' | 'policies'>,
  target: Target,
  body: Uint8Array,
  settle: (reply: PolicyReply) => void,
  fail: () => void,
): void {
  const replying =
    typeof target === 'string'
      ? shared.decide(target, body)
      : (shared.policies?.(target.origin, target.id, body) ?? { status: 404, body: '' });
  if (replying instanceof Promise) void replying.then(settle, fail);
  else settle(replying);
}

/** What a connection of HTTP/2 begins with (RFC 9113 §3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

function comparePreface(bytes: Buffer): 'whole' | 'part' | 'other' {
  const length = Math.min(bytes.length, PREFACE.length);
  // The second byte tells it from POST, which nearly all connections begin with.
  if (length > 1 && bytes[1] !== PREFACE[1]) return 'other';
  if (bytes.compare(PREFACE, 0, length, 0, length) !== 0) return 'other';
  return length === PREFACE.length ? 'whole' : 'part';
}
