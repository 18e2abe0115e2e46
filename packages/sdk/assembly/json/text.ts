import { Char, hexValue, isSpace } from './characters';

// These functions read text that a Checker has accepted, and therefore look for no ends and no errors.

/** The address of the first byte from `at` on that is not white space. */
export function afterSpace(at: usize): usize {
  while (isSpace(load<u8>(at))) at++;
  return at;
}

/** The address of the next key or element, or of the closing byte, after a value that ends at `at`. */
export function afterValue(at: usize): usize {
  at = afterSpace(at);
  return load<u8>(at) == Char.Comma ? afterSpace(at + 1) : at;
}

/** The address after the closing quote of the string whose opening quote is at `at`. */
export function stringEnd(at: usize): usize {
  at++;
  while (true) {
    const c = <i32>load<u8>(at);
    if (c == Char.Quote) return at + 1;
    at += c == Char.Backslash ? 2 : 1;
  }
}

/** The address after the number or word at `at`, which ends before `end` at the latest. */
export function wordEnd(at: usize, end: usize): usize {
  while (at < end) {
    const c = <i32>load<u8>(at);
    if (c == Char.Comma || c == Char.CloseBrace || c == Char.CloseBracket || isSpace(c)) break;
    at++;
  }
  return at;
}

/** The characters of the string literal between two addresses, quotes included. */
export function decodeString(from: usize, to: usize): string {
  from++;
  to--;
  for (let at = from; at < to; at++) {
    if (load<u8>(at) == Char.Backslash) return decodeEscaped(from, to);
  }
  return String.UTF8.decodeUnsafe(from, to - from);
}

/** As `decodeString`, without the quotes, for text with escapes: copies the runs between them. */
function decodeEscaped(from: usize, to: usize): string {
  // No escape and no UTF-8 sequence has more UTF-16 units than bytes.
  const units = heap.alloc((to - from) << 1);
  let out = units;
  while (from < to) {
    let runEnd = from;
    while (runEnd < to && load<u8>(runEnd) != Char.Backslash) runEnd++;
    const run = String.UTF8.decodeUnsafe(from, runEnd - from);
    memory.copy(out, changetype<usize>(run), (<usize>run.length) << 1);
    out += (<usize>run.length) << 1;
    from = runEnd;
    if (from == to) break;
    store<u16>(out, escapedUnit(from));
    out += 2;
    from += load<u8>(from, 1) == Char.LowerU ? 6 : 2;
  }
  const text = String.UTF16.decodeUnsafe(units, out - units);
  heap.free(units);
  return text;
}

/** The UTF-16 unit that the escape at `at` stands for; a surrogate stands for itself. */
function escapedUnit(at: usize): u16 {
  const c = <i32>load<u8>(at, 1);
  if (c == Char.LowerU) {
    return <u16>(
      ((hexValue(load<u8>(at, 2)) << 12) |
        (hexValue(load<u8>(at, 3)) << 8) |
        (hexValue(load<u8>(at, 4)) << 4) |
        hexValue(load<u8>(at, 5)))
    );
  }
  if (c == Char.LowerB) return 0x08;
  if (c == Char.LowerF) return 0x0c;
  if (c == Char.LowerN) return 0x0a;
  if (c == Char.LowerR) return 0x0d;
  if (c == Char.LowerT) return 0x09;
  return <u16>c;
}
