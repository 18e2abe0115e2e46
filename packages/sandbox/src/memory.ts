import { markWritten } from '@ostiary/wasm';

const PAGE = 65_536;

/** How the host keeps a guest's write tracking complete. */
export interface Tracking {
  /** The pages that the guest has; the real memory may be larger. */
  readonly pages: WebAssembly.Global<'i32'>;
  /** The pages that it has at least: those of its snapshot. Known without asking the engine. */
  readonly leastPages: number;
  /** One byte per 4 KiB that the host sets where it writes; undefined when writes are not tracked. */
  readonly map: Uint8Array | undefined;
}

/**
 * A guest's linear memory as host functions see it: views that follow growth, and checked access. Guest pointers and
 * lengths are i32 and arrive signed; every access takes them as unsigned and answers false or undefined when any byte
 * lies outside.
 */
export class GuestMemory {
  readonly #memory: WebAssembly.Memory;
  #bytes: Uint8Array;
  #view: DataView;
  #tracking: Tracking | undefined;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** From now on, host writes are marked. */
  track(tracking: Tracking): void {
    this.#tracking = tracking;
  }

  /** The bytes to read from `pointer` on, or undefined when the range is not inside. Valid until the guest runs. */
  range(pointer: number, length: number): Uint8Array | undefined {
    const start = pointer >>> 0;
    const end = start + (length >>> 0);
    return this.#contains(end) ? this.#bytes.subarray(start, end) : undefined;
  }

  /** Like {@link range}, for writing. */
  writable(pointer: number, length: number): Uint8Array | undefined {
    const bytes = this.range(pointer, length);
    if (bytes) this.#mark(pointer, length);
    return bytes;
  }

  /** A copy of the bytes, or undefined when the range is not inside the memory. */
  copy(pointer: number, length: number): Uint8Array | undefined {
    return this.range(pointer, length)?.slice();
  }

  /** Writes `data` at `pointer`; false when it does not fit. */
  write(pointer: number, data: Uint8Array): boolean {
    const start = pointer >>> 0;
    if (!this.#contains(start + data.length)) return false;
    this.#mark(pointer, data.length);
    this.#bytes.set(data, start);
    return true;
  }

  /** The little-endian u32 at `pointer`, or undefined outside. */
  readU32(pointer: number): number | undefined {
    return this.#contains((pointer >>> 0) + 4) ? this.#view.getUint32(pointer >>> 0, true) : undefined;
  }

  writeU32(pointer: number, value: number): boolean {
    if (!this.#contains((pointer >>> 0) + 4)) return false;
    this.#mark(pointer, 4);
    this.#view.setUint32(pointer >>> 0, value, true);
    return true;
  }

  writeU64(pointer: number, value: bigint): boolean {
    if (!this.#contains((pointer >>> 0) + 8)) return false;
    this.#mark(pointer, 8);
    this.#view.setBigUint64(pointer >>> 0, value, true);
    return true;
  }

  /** Whether the memory reaches as far as `end`, the end of a range; the views are current afterwards. */
  #contains(end: number): boolean {
    if (this.#bytes.length === 0) this.#renew();
    if (!this.#tracking) return end <= this.#bytes.length;
    return end <= this.#tracking.leastPages * PAGE || end <= this.#tracking.pages.value * PAGE;
  }

  #mark(pointer: number, length: number): void {
    if (this.#tracking?.map) markWritten(this.#tracking.map, pointer >>> 0, length >>> 0);
  }

  /** Growing detaches the old buffer, which then has length zero; asking the memory for its buffer each time costs more. */
  #renew(): void {
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
  }
}
