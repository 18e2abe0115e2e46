/**
 * A guest's linear memory as host functions see it: views that follow growth, and checked access. Guest pointers and
 * lengths are i32 and arrive signed; every access takes them as unsigned and answers false or undefined when any byte
 * lies outside.
 */
export class GuestMemory {
  #memory: WebAssembly.Memory;
  #bytes: Uint8Array;
  #view: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** The bytes from `pointer` on, or undefined when the range is not inside the memory. Valid until the guest runs. */
  range(pointer: number, length: number): Uint8Array | undefined {
    const start = pointer >>> 0;
    const end = start + (length >>> 0);
    const bytes = this.#refresh();
    return end <= bytes.length ? bytes.subarray(start, end) : undefined;
  }

  /** A copy of the bytes, or undefined when the range is not inside the memory. */
  copy(pointer: number, length: number): Uint8Array | undefined {
    return this.range(pointer, length)?.slice();
  }

  /** Writes `data` at `pointer`; false when it does not fit. */
  write(pointer: number, data: Uint8Array): boolean {
    const target = this.range(pointer, data.length);
    target?.set(data);
    return target !== undefined;
  }

  /** The little-endian u32 at `pointer`, or undefined outside. */
  readU32(pointer: number): number | undefined {
    return this.range(pointer, 4) && this.#view.getUint32(pointer >>> 0, true);
  }

  writeU32(pointer: number, value: number): boolean {
    if (!this.range(pointer, 4)) return false;
    this.#view.setUint32(pointer >>> 0, value, true);
    return true;
  }

  writeU64(pointer: number, value: bigint): boolean {
    if (!this.range(pointer, 8)) return false;
    this.#view.setBigUint64(pointer >>> 0, value, true);
    return true;
  }

  /** Growing detaches the old buffer, which then has length zero. */
  #refresh(): Uint8Array {
    if (this.#bytes.length !== this.#memory.buffer.byteLength || this.#bytes.buffer !== this.#memory.buffer) {
      this.#bytes = new Uint8Array(this.#memory.buffer);
      this.#view = new DataView(this.#memory.buffer);
    }
    return this.#bytes;
  }
}
