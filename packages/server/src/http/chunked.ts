import { MAX_HEADER_BYTES } from '../limits.ts';
import { NO_ROOM, type Accumulator } from './accumulator.ts';
import { BACKSLASH, COLON, CR, EQUALS, LF, QUOTE, SEMICOLON, TEXT, TOKEN } from './bytes.ts';
import { problem, type HttpProblem } from './problem.ts';

const BAD_CHUNK = problem(400, 'the chunked body does not follow the grammar of RFC 9112');
const TOO_MUCH = problem(400, `chunk extensions and trailers are larger than the limit of ${MAX_HEADER_BYTES} bytes`);

/** Leading zeros are allowed; nobody needs more of them. */
const MAX_SIZE_DIGITS = 16;

/** Fields that say where messages end or go; they never come after a body (RFC 9110 §6.5.1). */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'host']);

/** Where in the grammar the decoder is (RFC 9112 §7.1); each name says what comes next. */
type State = 'size' | 'sizeOrEnd' | 'sizeLf' | 'data' | 'dataCr' | 'dataLf' | ExtensionState | TrailerState | 'done';

type ExtensionState =
  | 'extensionName'
  | 'extensionNameOrEnd'
  | 'extensionValue'
  | 'extensionTokenOrEnd'
  | 'extensionQuoted'
  | 'extensionEscaped'
  | 'extensionEnd';

type TrailerState = 'trailer' | 'trailerName' | 'trailerValue' | 'trailerLf' | 'trailerEnd';

/**
 * Decodes a chunked body into an accumulator. Extensions are checked and dropped, trailers too: nothing that follows the
 * head changes how the request is understood.
 */
export class ChunkedDecoder {
  problem: HttpProblem | undefined;

  readonly #body: Accumulator;
  readonly #limit: number;
  readonly #tooLarge: HttpProblem;
  #state: State = 'size';
  /** Bytes of the present chunk that have not arrived; while its size is read, the size. */
  #left = 0;
  #digits = 0;
  #overhead = 0;
  #trailerName = '';

  /** Decodes at most `limit` bytes; more are refused with `tooLarge`. */
  constructor(body: Accumulator, limit: number, tooLarge: HttpProblem) {
    this.#body = body;
    this.#limit = limit;
    this.#tooLarge = tooLarge;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** Reads on from `at`; returns where it stopped, the end of the chunk unless the body ended or is refused. */
  read(bytes: Buffer, at: number): number {
    let index = at;
    while (index < bytes.length && !this.done && !this.problem) {
      if (this.#state === 'data') index = this.#readData(bytes, index);
      else this.#step(bytes[index++]!);
    }
    return index;
  }

  #readData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    if (!this.#body.append(bytes.subarray(at, end), this.#limit)) this.problem = NO_ROOM;
    this.#left -= end - at;
    if (this.#left === 0) this.#state = 'dataCr';
    return end;
  }

  #step(byte: number): void {
    if (isOverhead(this.#state) && ++this.#overhead > MAX_HEADER_BYTES) this.problem = TOO_MUCH;
    else {
      const next = this.#next(byte);
      if (next) this.#state = next;
      else this.problem ??= BAD_CHUNK;
    }
  }

  #next(byte: number): State | undefined {
    const state = this.#state;
    if (isTrailer(state)) return this.#nextInTrailer(state, byte);
    if (isExtension(state)) return nextInExtension(state, byte);
    switch (state) {
      case 'size':
        return this.#sizeDigit(byte);
      case 'sizeOrEnd':
        return endOfSizeLine(byte) ?? this.#sizeDigit(byte);
      case 'sizeLf':
        return byte === LF ? this.#beginData() : undefined;
      case 'dataCr':
        return byte === CR ? 'dataLf' : undefined;
      case 'dataLf':
        return byte === LF ? this.#beginSize() : undefined;
      case 'data':
      case 'done':
        return undefined;
    }
  }

  #nextInTrailer(state: TrailerState, byte: number): State | undefined {
    if (state === 'trailer') this.#trailerName = '';
    const isInName = state === 'trailer' || state === 'trailerName';
    if (isInName && byte === COLON && FRAMING.has(this.#trailerName.toLowerCase())) return undefined;
    if (isInName) this.#trailerName += String.fromCharCode(byte);
    return nextInTrailer(state, byte);
  }

  #beginSize(): State {
    this.#digits = 0;
    return 'size';
  }

  #sizeDigit(byte: number): State | undefined {
    const digit = hexDigit(byte);
    if (digit < 0 || this.#digits === MAX_SIZE_DIGITS) return undefined;
    this.#digits++;
    this.#left = this.#left * 16 + digit;
    if (this.#body.length + this.#left <= this.#limit) return 'sizeOrEnd';
    this.problem = this.#tooLarge;
    return undefined;
  }

  #beginData(): State {
    return this.#left === 0 ? 'trailer' : 'data';
  }
}

function isOverhead(state: State): boolean {
  return isExtension(state) || isTrailer(state);
}

function isExtension(state: State): state is ExtensionState {
  return state.startsWith('extension');
}

function isTrailer(state: State): state is TrailerState {
  return state.startsWith('trailer');
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function endOfSizeLine(byte: number): State | undefined {
  if (byte === CR) return 'sizeLf';
  return byte === SEMICOLON ? 'extensionName' : undefined;
}

function nextInExtension(state: ExtensionState, byte: number): State | undefined {
  switch (state) {
    case 'extensionName':
      return TOKEN[byte] === 1 ? 'extensionNameOrEnd' : undefined;
    case 'extensionNameOrEnd':
      if (byte === EQUALS) return 'extensionValue';
      return TOKEN[byte] === 1 ? 'extensionNameOrEnd' : endOfSizeLine(byte);
    case 'extensionValue':
      if (byte === QUOTE) return 'extensionQuoted';
      return TOKEN[byte] === 1 ? 'extensionTokenOrEnd' : undefined;
    case 'extensionTokenOrEnd':
      return TOKEN[byte] === 1 ? 'extensionTokenOrEnd' : endOfSizeLine(byte);
    case 'extensionQuoted':
      if (byte === QUOTE) return 'extensionEnd';
      if (byte === BACKSLASH) return 'extensionEscaped';
      return TEXT[byte] === 1 ? 'extensionQuoted' : undefined;
    case 'extensionEscaped':
      return TEXT[byte] === 1 ? 'extensionQuoted' : undefined;
    case 'extensionEnd':
      return endOfSizeLine(byte);
  }
}

function nextInTrailer(state: TrailerState, byte: number): State | undefined {
  switch (state) {
    case 'trailer':
      if (byte === CR) return 'trailerEnd';
      return TOKEN[byte] === 1 ? 'trailerName' : undefined;
    case 'trailerName':
      if (byte === COLON) return 'trailerValue';
      return TOKEN[byte] === 1 ? 'trailerName' : undefined;
    case 'trailerValue':
      if (byte === CR) return 'trailerLf';
      return TEXT[byte] === 1 ? 'trailerValue' : undefined;
    case 'trailerLf':
      return byte === LF ? 'trailer' : undefined;
    case 'trailerEnd':
      return byte === LF ? 'done' : undefined;
  }
}
