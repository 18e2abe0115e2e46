import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { MAX_BODY_BYTES, MAX_HEADER_BYTES } from '../limits.ts';
import { Accumulator, NO_ROOM } from './accumulator.ts';
import {
  H2_BURST_OF_RESETS,
  H2_RESETS_PER_SECOND,
  H2_SESSION_MEGABYTES,
  H2_STREAMS,
  H2_WINDOW_BYTES,
  MAX_FIELDS,
} from './bounds.ts';
import { decide, DEFECT, TOO_SLOW, type Served, type Shared } from './connection.ts';
import { isJsonType } from './fields.ts';
import { TOO_LONG } from './head-reader.ts';
import { BODY_TOO_LARGE } from './parser.ts';
import type { HttpProblem } from './problem.ts';
import { isTarget, refusalAt, targetFor, type RequestFacts } from './refusal.ts';
import { replyOf, type PolicyReply } from './response.ts';
import type { Target } from './routes.ts';

const FIELD_OVERHEAD = 32;

/** Takes connections that speak HTTP/2. */
export type TakeHttp2 = (socket: Socket) => void;

/**
 * HTTP/2 for clients that insist on it, by the protocol's implementation in Node. Frames, flow control and floods of them
 * are its matter, within the bounds given here; requests are judged and answered as those of HTTP/1.1 are.
 */
export function createHttp2(shared: Shared): TakeHttp2 {
  const server: Http2Server = createServer({
    maxSessionMemory: H2_SESSION_MEGABYTES,
    maxHeaderListPairs: MAX_FIELDS,
    streamResetBurst: H2_BURST_OF_RESETS,
    streamResetRate: H2_RESETS_PER_SECOND,
    settings: {
      enablePush: false,
      maxConcurrentStreams: H2_STREAMS,
      maxHeaderListSize: MAX_HEADER_BYTES,
      initialWindowSize: H2_WINDOW_BYTES,
    },
  });
  server.on('session', (session) => void new Http2Connection(session, shared));
  // Each is reported to the session too, which ends; nothing of it is ours to repair.
  server.on('sessionError', () => undefined);
  return (socket) => void server.emit('connection', socket);
}

/** One connection of HTTP/2 with the requests that are on it. */
class Http2Connection implements Served {
  readonly #session: ServerHttp2Session;
  readonly #shared: Shared;
  readonly #exchanges = new Set<Exchange>();
  idleSince: number | undefined;

  constructor(session: ServerHttp2Session, shared: Shared) {
    this.#session = session;
    this.#shared = shared;
    this.idleSince = shared.tick;
    shared.connections.add(this);
    session.on('stream', (stream, headers) => this.#take(stream, headers));
    session.on('error', () => undefined);
    session.on('close', () => shared.connections.delete(this));
    if (shared.draining) session.close();
  }

  /** Ends exchanges that are too slow, and the connection when it has had none for long. */
  expire(): void {
    const { tick, limits } = this.#shared;
    for (const exchange of this.#exchanges) exchange.expire();
    const idleTicks = this.idleSince === undefined ? 0 : tick - this.idleSince;
    if (idleTicks * limits.tickMs > limits.keepAliveMs) this.#session.close();
    // A peer that does not let the connection end in peace has had its time.
    if (idleTicks * limits.tickMs > limits.keepAliveMs + limits.lingerMs) this.cut();
  }

  drain(): void {
    if (!this.#session.closed) this.#session.close();
  }

  cut(): void {
    this.#session.destroy();
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    this.idleSince = undefined;
    const exchange = new Exchange(stream, headers, this.#shared);
    this.#exchanges.add(exchange);
    stream.on('close', () => {
      exchange.close();
      this.#exchanges.delete(exchange);
      if (this.#exchanges.size === 0) this.idleSince = this.#shared.tick;
    });
  }
}

/** A request and its answer. */
class Exchange {
  readonly #stream: ServerHttp2Stream;
  readonly #shared: Shared;
  readonly #body: Accumulator;
  readonly #target: Target | HttpProblem;
  readonly #headOnly: boolean;
  /** Undefined while a decision is made, which has a limit of its own. */
  #deadline: number | undefined;
  #answered = false;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, shared: Shared) {
    this.#stream = stream;
    this.#shared = shared;
    this.#body = new Accumulator(shared.budget);
    const facts = factsOf(headers, stream.endAfterHeaders);
    this.#headOnly = facts.method === 'HEAD';
    this.#target = targetFor(facts, shared.policies !== undefined);
    this.#wait();
    stream.on('error', () => undefined);
    // One that its client took back before it was looked at can't be answered: Node throws.
    if (stream.closed) return;
    if (isTooLarge(headers)) this.#refuse(TOO_LONG);
    else if (isTarget(this.#target)) this.#readBody(headers.expect !== undefined);
    else this.#refuse(this.#target);
  }

  expire(): void {
    if (this.#deadline === undefined || this.#shared.tick < this.#deadline) return;
    if (this.#answered) this.#stream.close(constants.NGHTTP2_CANCEL);
    else this.#refuse(TOO_SLOW);
  }

  /** Gives back what the request held. */
  close(): void {
    this.#answered = true;
    this.#body.clear();
  }

  #readBody(waits: boolean): void {
    if (waits) this.#stream.additionalHeaders({ ':status': 100 });
    this.#stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#stream.on('end', () => this.#decide());
  }

  #receive(chunk: Buffer): void {
    if (this.#answered) return;
    if (this.#body.length + chunk.length > MAX_BODY_BYTES) this.#refuse(BODY_TOO_LARGE);
    else if (!this.#body.append(chunk, MAX_BODY_BYTES)) this.#refuse(NO_ROOM);
  }

  #decide(): void {
    if (this.#answered || this.#stream.closed || !isTarget(this.#target)) return;
    this.#deadline = undefined;
    this.#shared.outbox.sendOverdue();
    decide(this.#shared, this.#target, this.#body.take(), this.#answer, this.#fail);
  }

  readonly #fail = (): void => this.#refuse(DEFECT);

  #refuse(why: HttpProblem): void {
    const refusal = refusalAt(this.#target, why);
    this.#shared.refused(refusal.status);
    this.#answer(replyOf(refusal));
  }

  readonly #answer = ({ status, body }: PolicyReply): void => {
    if (this.#answered || this.#stream.closed || this.#stream.destroyed) return;
    this.#answered = true;
    this.#wait();
    const length = Buffer.byteLength(body);
    this.#stream.respond({
      ':status': status,
      ...(length > 0 && { 'content-type': 'application/json' }),
      ...(status === 405 && { allow: 'POST' }),
      'content-length': length,
    });
    this.#stream.end(this.#headOnly ? undefined : body, () => this.#refuseRest());
  };

  /** Tells a client that still sends a body that nobody reads it (RFC 9113 §8.1). */
  #refuseRest(): void {
    this.#body.clear();
    if (!this.#stream.readableEnded && !this.#stream.endAfterHeaders) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #wait(): void {
    const { tick, limits } = this.#shared;
    this.#deadline = tick + Math.ceil(limits.arrivalMs / limits.tickMs) + 1;
  }
}

/** Counted as RFC 9113 §6.5.2 has it; the announced limit is advice that a client may not heed. */
function isTooLarge(headers: IncomingHttpHeaders): boolean {
  let size = 0;
  for (const [name, value = ''] of Object.entries(headers)) size += name.length + String(value).length + FIELD_OVERHEAD;
  return size > MAX_HEADER_BYTES;
}

function factsOf(headers: IncomingHttpHeaders, isEmpty: boolean): RequestFacts {
  const { ':method': method = '', ':path': target = '', 'content-type': type, expect } = headers;
  const length = isEmpty ? 0 : headers['content-length'];
  return {
    method,
    target,
    length: length === undefined ? 'chunked' : Number(length),
    json: type === undefined || isJsonType(type),
    typed: type !== undefined,
    encoded: (headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity',
    expectsMore: expect !== undefined && expect.toLowerCase() !== '100-continue',
  };
}
