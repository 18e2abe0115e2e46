import { MAX_HEADER_BYTES } from '../limits.ts';
import { MAX_FIELDS } from './bounds.ts';
import { CR, LF, TEXT } from './bytes.ts';
import { parseHead, TOO_MANY_FIELDS, type RequestHead } from './head.ts';
import { problem, type HttpProblem } from './problem.ts';

/** The request line, the fields, the empty line, and one empty line before, which RFC 9112 §2.2 lets clients send. */
const MAX_LINES = MAX_FIELDS + 3;
const SMALLEST_CARRY = 1024;

const BAD_LINE = problem(400, 'a line of the request head has a control character or does not end in CR LF');
/** Whatever protocol the head comes by. */
export const TOO_LONG = problem(431, `the request head is larger than the limit of ${MAX_HEADER_BYTES} bytes`);
const TARGET_TOO_LONG = problem(414, `the request line is longer than the limit of ${MAX_HEADER_BYTES} bytes`);

/**
 * Finds the end of a request head and has it parsed. Each byte is looked at once, however the stream is cut into chunks;
 * a head within one chunk is parsed where it is, one over several is carried in a buffer that grows to the limit.
 */
export class HeadReader {
  /** What the head says, once it has ended. */
  head: RequestHead | undefined;
  problem: HttpProblem | undefined;

  #carry: Buffer | undefined;
  /** Bytes of the head that are in the carry. */
  #carried = 0;
  /** Bytes of the head that have been looked at. */
  #scanned = 0;
  #afterCr = false;
  readonly #lineEnds = new Uint16Array(MAX_LINES);
  #lines = 0;

  /** Whether nothing of a head has been seen. */
  get untouched(): boolean {
    return this.#scanned === 0;
  }

  /** Reads on from `at`; returns where it stopped, which is the end of the chunk unless the head ended or is refused. */
  read(chunk: Buffer, at: number): number {
    return this.#carry ? this.#readCarried(this.#carry, chunk, at) : this.#readInPlace(chunk, at);
  }

  reset(): void {
    this.head = undefined;
    this.problem = undefined;
    this.#carry = undefined;
    this.#carried = 0;
    this.#scanned = 0;
    this.#afterCr = false;
    this.#lines = 0;
  }

  #readInPlace(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + MAX_HEADER_BYTES);
    if (this.#scan(chunk, at, end)) return at + this.#scanned;
    const length = end - at;
    const carry = Buffer.allocUnsafeSlow(Math.max(SMALLEST_CARRY, length));
    carry.set(chunk.subarray(at, end));
    this.#carry = carry;
    this.#carried = length;
    return end;
  }

  #readCarried(carry: Buffer, chunk: Buffer, at: number): number {
    const before = this.#carried;
    const taken = Math.min(chunk.length - at, MAX_HEADER_BYTES - before);
    const space = withRoom(carry, before, before + taken);
    space.set(chunk.subarray(at, at + taken), before);
    this.#carry = space;
    this.#carried = before + taken;
    return this.#scan(space, 0, this.#carried) ? at + this.#scanned - before : at + taken;
  }

  /** Looks at the bytes up to `end` of a head that begins at `start`; true when it has ended or is refused. */
  #scan(bytes: Buffer, start: number, end: number): boolean {
    let afterCr = this.#afterCr;
    let index = start + this.#scanned;
    while (index < end) {
      const byte = bytes[index++]!;
      if (afterCr) {
        if (byte !== LF) return this.#refuse(BAD_LINE, index - start);
        afterCr = false;
        if (this.#endLine(bytes, start, index - start)) return true;
      } else if (TEXT[byte] === 0) {
        if (byte !== CR) return this.#refuse(BAD_LINE, index - start);
        afterCr = true;
      }
    }
    this.#afterCr = afterCr;
    this.#scanned = index - start;
    return (
      this.#scanned === MAX_HEADER_BYTES && this.#refuse(this.#lines === 0 ? TARGET_TOO_LONG : TOO_LONG, this.#scanned)
    );
  }

  /** Notes the line that ends before `scanned`; true when it is the empty one after the fields, or one too many. */
  #endLine(bytes: Buffer, start: number, scanned: number): boolean {
    const lineStart = this.#lines === 0 ? 0 : this.#lineEnds[this.#lines - 1]! + 2;
    const lineEnd = scanned - 2;
    const isLast = lineEnd === lineStart && this.#lines > 0;
    if (!isLast && this.#lines === MAX_LINES - 1) return this.#refuse(TOO_MANY_FIELDS, scanned);
    this.#lineEnds[this.#lines++] = lineEnd;
    return isLast && this.#finish(bytes, start, scanned);
  }

  #finish(bytes: Buffer, start: number, scanned: number): true {
    this.#scanned = scanned;
    const parsed = parseHead(bytes, start, this.#lineEnds, this.#lines - 1);
    if ('status' in parsed) this.problem = parsed;
    else this.head = parsed;
    return true;
  }

  #refuse(why: HttpProblem, scanned: number): true {
    this.#scanned = scanned;
    this.problem = why;
    return true;
  }
}

function withRoom(carry: Buffer, used: number, needed: number): Buffer {
  if (needed <= carry.length) return carry;
  const grown = Buffer.allocUnsafeSlow(Math.min(MAX_HEADER_BYTES, Math.max(2 * carry.length, needed)));
  grown.set(carry.subarray(0, used));
  return grown;
}
