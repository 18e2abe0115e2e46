import type { ByteBudget } from '../accumulator.ts';
import { RequestParser } from '../parser.ts';

export interface ParsedRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  readonly bytes: Buffer;
  /** Where in the stream the request ends. */
  readonly endsAt: number;
}

/** What a byte stream comes to: its requests, then the status of the refusal or `close`, if either ends it. */
export interface Parsed {
  readonly requests: readonly ParsedRequest[];
  readonly end: number | 'close' | undefined;
}

const PLENTY: ByteBudget = { left: Number.MAX_SAFE_INTEGER };

/** Reads a stream as a connection does, to the first refusal or the last request of the connection. */
export function parseAll(chunks: readonly Buffer[]): Parsed {
  const parser = new RequestParser({ ...PLENTY });
  const requests: ParsedRequest[] = [];
  let before = 0;
  for (const chunk of chunks) {
    for (let at = 0, event = parser.read(chunk, at); event !== 'more'; event = parser.read(chunk, at)) {
      at = parser.at;
      if (event === 'problem') return { requests, end: parser.problem!.status };
      if (event === 'request') {
        const { method, target, close } = parser.head!;
        const bytes = parser.body();
        requests.push({ method, target, body: bytes.toString('latin1'), bytes, endsAt: before + at });
        parser.next();
        if (close) return { requests, end: 'close' };
      }
    }
    before += chunk.length;
  }
  return { requests, end: undefined };
}

/** Cuts bytes into pieces of the given lengths, over and over; without a length other than zero, into one piece. */
export function inPieces(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  if (!lengths.some((length) => length > 0)) return [bytes];
  const pieces: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const length = lengths[index % lengths.length]!;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
