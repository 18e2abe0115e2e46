import { WasmError, type WasmErrorCode } from '../errors.ts';

/**
 * A position in a byte range of a module. Every read is checked against the end of the range, so that hostile lengths
 * end in a {@link WasmError} and never outside; nothing is allocated for a count before its elements are there.
 */
export class Reader {
  readonly bytes: Uint8Array;
  position: number;
  end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  fail(code: WasmErrorCode, message: string): never {
    throw new WasmError(code, message, this.position);
  }

  byte(): number {
    if (this.position >= this.end) this.fail('malformed', 'unexpected end');
    return this.bytes[this.position++]!;
  }

  /** The next byte without taking it; -1 at the end. */
  peek(): number {
    return this.position < this.end ? this.bytes[this.position]! : -1;
  }

  /** An unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const first = this.byte();
    return first < 0x80 ? first : this.#longU32(first & 0x7f);
  }

  #longU32(low: number): number {
    let value = low;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.byte();
    if (last > 0x0f) this.fail('malformed', 'integer too large for 32 bits');
    return (value | (last << 28)) >>> 0;
  }

  /** An unsigned LEB128 of at most 64 bits. Above 2^53 the result is rounded: good enough for limits and offsets. */
  u64(): number {
    let value = 0;
    for (let index = 0, unit = 1; index < 10; index++, unit *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
    }
    return this.fail('malformed', 'integer too large for 64 bits');
  }

  /** Passes over a LEB128 of at most `most` bytes, signed or not. */
  skipLeb(most: number): void {
    for (let index = 0; index < most; index++) if (this.byte() < 0x80) return;
    this.fail('malformed', 'integer too long');
  }

  skip(length: number): void {
    if (length > this.end - this.position) this.fail('malformed', 'unexpected end');
    this.position += length;
  }

  /** The count of a vector; each element takes at least one byte, which bounds it by the bytes that are left. */
  count(): number {
    const count = this.u32();
    if (count > this.end - this.position) this.fail('malformed', 'count larger than the bytes that follow');
    return count;
  }

  /** A length-prefixed UTF-8 string. */
  name(): string {
    const length = this.u32();
    const start = this.position;
    this.skip(length);
    try {
      return DECODER.decode(this.bytes.subarray(start, this.position));
    } catch {
      throw new WasmError('malformed', 'name is not UTF-8', start);
    }
  }
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
