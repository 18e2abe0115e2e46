import { MAX_BODY_BYTES } from '../limits.ts';
import { Accumulator, NO_ROOM, type ByteBudget } from './accumulator.ts';
import { ChunkedDecoder } from './chunked.ts';
import type { RequestHead } from './head.ts';
import { HeadReader } from './head-reader.ts';
import { problem, type HttpProblem } from './problem.ts';

export const BODY_TOO_LARGE = problem(413, `the request body is larger than the limit of ${MAX_BODY_BYTES} bytes`);

/** What reading came to. After `problem` the stream can't be understood any more. */
export type ParserEvent = 'more' | 'head' | 'request' | 'problem';

/**
 * Reads the requests of one connection, one after the other (RFC 9112). Which events come, and what they hold, does not
 * depend on how the stream is cut into chunks.
 */
export class RequestParser {
  problem: HttpProblem | undefined;

  readonly #reader = new HeadReader();
  readonly #body: Accumulator;
  #head: RequestHead | undefined;
  #chunks: ChunkedDecoder | undefined;
  /** Body bytes of a request with a length that have not arrived. */
  #left = 0;
  #at = 0;

  constructor(budget: ByteBudget) {
    this.#body = new Accumulator(budget);
  }

  /** The head of the present request, once it has been read. */
  get head(): RequestHead | undefined {
    return this.#head;
  }

  /** Where the last read stopped. */
  get at(): number {
    return this.#at;
  }

  get phase(): 'start' | 'head' | 'body' {
    if (this.#head) return 'body';
    return this.#reader.untouched ? 'start' : 'head';
  }

  /**
   * Reads on from `at`: up to the end of a head (`head`), of a request (`request`; its body is empty or read), or of the
   * chunk (`more`). The next call goes on at `this.at`; `next` must come between two requests.
   */
  read(chunk: Buffer, at: number): ParserEvent {
    this.#at = at;
    return this.#head ? this.#readBody(chunk, this.#head) : this.#readHead(chunk);
  }

  /** The body of a request; it refers to the chunk when it arrived in one piece. */
  body(): Buffer {
    return this.#body.take();
  }

  /** Gets ready for another request and gives back what the last one held. */
  next(): void {
    this.#reader.reset();
    this.#body.clear();
    this.#head = undefined;
    this.#chunks = undefined;
  }

  #readHead(chunk: Buffer): ParserEvent {
    this.#at = this.#reader.read(chunk, this.#at);
    if (this.#reader.problem) return this.#fail(this.#reader.problem);
    const head = this.#reader.head;
    if (!head) return 'more';
    this.#head = head;
    if (head.length === 'chunked') this.#chunks = new ChunkedDecoder(this.#body, MAX_BODY_BYTES, BODY_TOO_LARGE);
    else this.#left = head.length;
    return 'head';
  }

  #readBody(chunk: Buffer, { length }: RequestHead): ParserEvent {
    if (this.#chunks) return this.#readChunked(chunk, this.#chunks);
    const taken = Math.min(chunk.length - this.#at, this.#left);
    if (taken > 0 && !this.#body.append(chunk.subarray(this.#at, this.#at + taken), Number(length))) {
      return this.#fail(NO_ROOM);
    }
    this.#at += taken;
    this.#left -= taken;
    return this.#left === 0 ? 'request' : 'more';
  }

  #readChunked(chunk: Buffer, chunks: ChunkedDecoder): ParserEvent {
    this.#at = chunks.read(chunk, this.#at);
    if (chunks.problem) return this.#fail(chunks.problem);
    return chunks.done ? 'request' : 'more';
  }

  #fail(why: HttpProblem): 'problem' {
    this.problem = why;
    return 'problem';
  }
}
