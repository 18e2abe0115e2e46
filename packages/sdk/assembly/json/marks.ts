/**
 * Where the arrays and objects of a checked text end, in the order in which they open: 8 bytes each, so that a value can
 * be stepped over without reading it again. Lives outside the collector's heap and is never moved or freed while values
 * refer to it.
 */
export class Marks {
  private base: usize = 0;
  private capacity: i32 = 0;
  count: i32 = 0;

  /** Reserves the mark of a container that opens now. */
  open(): i32 {
    if (this.count == this.capacity) this.grow();
    return this.count++;
  }

  /** Records that container `mark` ends before `end`; every mark made since it opened is inside it. */
  close(mark: i32, end: usize): void {
    const slot = this.base + ((<usize>mark) << 3);
    store<u32>(slot, <u32>end);
    store<u32>(slot, this.count, 4);
  }

  /** The address after container `mark`. */
  end(mark: i32): usize {
    return load<u32>(this.base + ((<usize>mark) << 3));
  }

  /** The mark of the first container that opens after container `mark` has ended. */
  next(mark: i32): i32 {
    return load<u32>(this.base + ((<usize>mark) << 3), 4);
  }

  private grow(): void {
    this.capacity = this.capacity == 0 ? 64 : this.capacity << 1;
    const size = (<usize>this.capacity) << 3;
    this.base = this.base == 0 ? heap.alloc(size) : heap.realloc(this.base, size);
  }
}
