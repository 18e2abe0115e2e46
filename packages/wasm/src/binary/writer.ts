/** Up to this many bytes a loop is faster than a `set` of a subarray, whose call costs some 50 ns. */
const SHORT_RUN = 32;

/** A growing byte buffer. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** What was written, on its own; a copy unless it is as long as was announced. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.length);
  }

  /** What was written, without copying; valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** A signed LEB128, as `i32.const` takes it. */
  s32(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  copy(source: Uint8Array, start = 0, end = source.length): void {
    const length = end - start;
    this.#reserve(length);
    const target = this.#bytes;
    let at = this.length;
    if (length > SHORT_RUN) target.set(source.subarray(start, end), at);
    else for (let from = start; from < end; from++) target[at++] = source[from]!;
    this.length += length;
  }

  /** Leaves a gap whose content is of no meaning until it is closed. */
  skip(length: number): void {
    this.#reserve(length);
    this.length += length;
  }

  /** Puts a number and `head` where a gap begins, and what was written behind the gap right after them. */
  closeGap(begin: number, end: number, number: number, head: Writer): void {
    const last = this.length;
    this.length = begin;
    this.u32(number);
    this.copy(head.#bytes, 0, head.length);
    this.#bytes.copyWithin(this.length, end, last);
    this.length += last - end;
  }

  append(values: readonly number[]): void {
    for (const value of values) this.byte(value);
  }

  name(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.u32(encoded.length);
    this.copy(encoded);
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }
}
