import { Writer } from './writer';

const ALPHABET: string = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING: i32 = 0x3d;

/** The first `count` of the four letters for 24 bits, and padding for the others, in memory order. */
function letters(bits: i32, count: i32): u32 {
  let packed: u32 = 0;
  for (let i = 0; i < 4; i++) {
    const letter = i < count ? ALPHABET.charCodeAt((bits >> (18 - 6 * i)) & 0x3f) : PADDING;
    packed |= (<u32>letter) << (8 * i);
  }
  return packed;
}

/** Writes `length` bytes from `from` as standard, padded base64 (RFC 4648 §4). */
export function writeBase64(out: Writer, from: usize, length: usize): void {
  const size = ((length + 2) / 3) * 4;
  out.reserve(size);
  let to = out.data + out.length;
  out.length += size;
  const rest = length % 3;
  const whole = from + length - rest;
  for (let at = from; at < whole; at += 3, to += 4) {
    store<u32>(to, letters(((<i32>load<u8>(at)) << 16) | ((<i32>load<u8>(at, 1)) << 8) | <i32>load<u8>(at, 2), 4));
  }
  if (rest == 1) store<u32>(to, letters((<i32>load<u8>(whole)) << 16, 2));
  if (rest == 2) store<u32>(to, letters(((<i32>load<u8>(whole)) << 16) | ((<i32>load<u8>(whole, 1)) << 8), 3));
}
