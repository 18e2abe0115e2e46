/** Whether the byte at `at` continues a character; false at the end of the text. */
function continues(at: usize, end: usize): bool {
  return at < end && (load<u8>(at) & 0xc0) == 0x80;
}

/** Whether the byte at `at` lies in `low`…`high`; false at the end of the text. */
function within(at: usize, end: usize, low: i32, high: i32): bool {
  return at < end && <i32>load<u8>(at) >= low && <i32>load<u8>(at) <= high;
}

/**
 * The length in bytes of the character at `at` whose first byte is not ASCII, or 0 when it is not well-formed UTF-8
 * (RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF).
 */
export function characterLength(at: usize, end: usize): i32 {
  const first = <i32>load<u8>(at);
  if (first >= 0xc2 && first <= 0xdf) return continues(at + 1, end) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const low = first == 0xe0 ? 0xa0 : 0x80;
    const high = first == 0xed ? 0x9f : 0xbf;
    return within(at + 1, end, low, high) && continues(at + 2, end) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const low = first == 0xf0 ? 0x90 : 0x80;
    const high = first == 0xf4 ? 0x8f : 0xbf;
    return within(at + 1, end, low, high) && continues(at + 2, end) && continues(at + 3, end) ? 4 : 0;
  }
  return 0;
}
