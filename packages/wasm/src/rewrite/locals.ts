import { OP } from '../binary/opcodes.ts';
import type { Reader } from '../binary/reader.ts';
import { readValueType } from '../binary/types.ts';
import type { Writer } from '../binary/writer.ts';
import { WasmError } from '../errors.ts';

/** V8 refuses functions with more parameters and locals together (`kV8MaxWasmFunctionLocals`). */
const MAX_LOCALS = 50_000;

/** An address, a length, and a value of each of five types. */
const MOST_ADDED = 7;

const I32 = 0x7f;
const I64 = 0x7e;
const F32 = 0x7d;
const F64 = 0x7c;
const V128 = 0x7b;

/** The locals of one function: the guest's declarations and, behind them, those that edits ask for, made on demand. */
export class BodyLocals {
  /** Where the declarations begin, behind the number of their groups. */
  readonly start: number;
  readonly #end: number;
  readonly #groups: number;
  readonly #first: number;
  readonly #added: number[] = [];
  #byType: Map<number, number> | undefined;
  #address = -1;
  #length = -1;

  /** Reads the declarations; the reader stands at the first instruction afterwards. */
  constructor(reader: Reader, parameters: number) {
    this.#groups = reader.count();
    this.start = reader.position;
    let count = parameters;
    for (let left = this.#groups; left > 0; left--) {
      count += reader.u32();
      readValueType(reader);
    }
    this.#first = count;
    this.#end = reader.position;
  }

  /** An i32 for the address that is written to. */
  get address(): number {
    if (this.#address < 0) this.#address = this.#add(I32);
    return this.#address;
  }

  /** An i32 for the length of what is written. */
  get length(): number {
    if (this.#length < 0) this.#length = this.#add(I32);
    return this.#length;
  }

  /** A local for the value that a store writes. */
  value(store: number): number {
    const type = storedType(store);
    const known = this.#byType?.get(type);
    if (known !== undefined) return known;
    const index = this.#add(type);
    this.#byType ??= new Map();
    this.#byType.set(type, index);
    return index;
  }

  /** What the declarations take at most with all that can be added: a count, what there is, and seven groups of two. */
  get mostBytes(): number {
    return 5 + this.#end - this.start + 2 * MOST_ADDED;
  }

  /** Writes the declarations with what was added. */
  write(bytes: Uint8Array, out: Writer): void {
    if (this.#first + this.#added.length > MAX_LOCALS) {
      throw new WasmError('unsupported', 'a function with too many locals to add more', this.start);
    }
    out.u32(this.#groups + this.#added.length);
    out.copy(bytes, this.start, this.#end);
    for (const type of this.#added) out.append([1, type]);
  }

  #add(type: number): number {
    return this.#first + this.#added.push(type) - 1;
  }
}

function storedType(store: number): number {
  switch (store) {
    case OP.i32Store:
    case OP.i32Store8:
    case OP.i32Store16:
      return I32;
    case OP.f32Store:
      return F32;
    case OP.f64Store:
      return F64;
    default:
      return store > 0xff ? V128 : I64;
  }
}
