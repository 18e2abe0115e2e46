import { Char } from './characters';

const HEX: string = '0123456789abcdef';

/** A growing run of bytes outside the collector's heap; `data` stays valid until the next write. */
export class Writer {
  data: usize;
  length: usize = 0;

  constructor(private capacity: usize = 256) {
    this.data = heap.alloc(capacity);
  }

  byte(c: i32): void {
    this.reserve(1);
    store<u8>(this.data + this.length, c);
    this.length++;
  }

  copy(from: usize, to: usize): void {
    const length = to - from;
    this.reserve(length);
    memory.copy(this.data + this.length, from, length);
    this.length += length;
  }

  /** Writes text whose characters are all ASCII. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) store<u8>(this.data + this.length + i, text.charCodeAt(i));
    this.length += text.length;
  }

  /** Writes the text as a JSON string literal; a lone surrogate, which UTF-8 cannot hold, is written as its escape. */
  quoted(text: string): void {
    this.byte(Char.Quote);
    for (let i = this.plain(text, 0); i < text.length; i = this.plain(text, i + 1)) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80) this.escaped(unit);
      else if (unit < 0x800) this.twoBytes(unit);
      else if ((unit & 0xf800) != 0xd800) this.threeBytes(unit);
      else if (isPair(text, i)) this.fourBytes(text.codePointAt(i++));
      else this.unicodeEscape(unit);
    }
    this.byte(Char.Quote);
  }

  /** Writes from `index` on as many characters as stand for themselves in one byte; returns the index of the next one. */
  private plain(text: string, index: i32): i32 {
    const length = text.length;
    this.reserve(length - index);
    let out = this.data + this.length;
    while (index < length) {
      const unit = text.charCodeAt(index);
      if (unit < Char.Space || unit >= 0x80 || unit == Char.Quote || unit == Char.Backslash) break;
      store<u8>(out++, unit);
      index++;
    }
    this.length = out - this.data;
    return index;
  }

  /** How many bytes can be written without moving the data. */
  get room(): usize {
    return this.capacity - this.length;
  }

  /** Makes room for at least so many bytes. */
  reserve(length: usize): void {
    const wanted = this.length + length;
    if (wanted <= this.capacity) return;
    this.capacity = max<usize>(wanted, this.capacity << 1);
    this.data = heap.realloc(this.data, this.capacity);
  }

  private escaped(unit: i32): void {
    if (unit == Char.Quote) this.ascii('\\"');
    else if (unit == Char.Backslash) this.ascii('\\\\');
    else if (unit == Char.LineFeed) this.ascii('\\n');
    else if (unit == Char.Tab) this.ascii('\\t');
    else if (unit == Char.CarriageReturn) this.ascii('\\r');
    else this.unicodeEscape(unit);
  }

  private twoBytes(unit: i32): void {
    this.byte(0xc0 | (unit >> 6));
    this.byte(0x80 | (unit & 0x3f));
  }

  private threeBytes(unit: i32): void {
    this.byte(0xe0 | (unit >> 12));
    this.byte(0x80 | ((unit >> 6) & 0x3f));
    this.byte(0x80 | (unit & 0x3f));
  }

  private fourBytes(point: i32): void {
    this.byte(0xf0 | (point >> 18));
    this.byte(0x80 | ((point >> 12) & 0x3f));
    this.byte(0x80 | ((point >> 6) & 0x3f));
    this.byte(0x80 | (point & 0x3f));
  }

  private unicodeEscape(unit: i32): void {
    this.ascii('\\u');
    for (let shift = 12; shift >= 0; shift -= 4) this.byte(HEX.charCodeAt((unit >> shift) & 0xf));
  }
}

/** Whether the high surrogate at `index` is followed by a low one. */
function isPair(text: string, index: i32): bool {
  const high = text.charCodeAt(index);
  if (high >= 0xdc00 || index + 1 >= text.length) return false;
  return (text.charCodeAt(index + 1) & 0xfc00) == 0xdc00;
}
