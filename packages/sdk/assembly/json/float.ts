import { Char, isDigit } from './characters';

// AssemblyScript's own parseFloat is off by powers of ten for numbers such as 9160668819370821e26.

/** 19 decimal digits always fit 64 bits, and the others can't change a float's first 17. */
const MOST_DIGITS: i32 = 19;

/** Beyond these powers of ten, 19 digits are infinite or zero. */
const HIGHEST: i32 = 310;
const LOWEST: i32 = -345;

const TEN: u64 = 0xa000_0000_0000_0000; // 10 × 2^60
const TENTH: u64 = 0xcccc_cccc_cccc_cccd; // 0.1 × 2^67

/** The float nearest to the JSON number between two addresses, or one beside it. */
export function parseNumber(from: usize, to: usize): f64 {
  const negative = load<u8>(from) == Char.Minus;
  let at = negative ? from + 1 : from;
  let digits: u64 = 0;
  let count = 0;
  let exponent = 0;
  let afterDot = false;
  for (; at < to; at++) {
    const c = <i32>load<u8>(at);
    if (c == Char.Dot) {
      afterDot = true;
    } else if (isDigit(c)) {
      const kept = count < MOST_DIGITS;
      if (kept) digits = digits * 10 + <u64>(c - Char.Zero);
      if (kept && digits > 0) count++;
      // A digit that is kept behind the dot, or dropped before it, moves the dot.
      if (kept == afterDot) exponent += kept ? -1 : 1;
    } else {
      exponent += parseExponent(at + 1, to);
      break;
    }
  }
  const value = digits == 0 ? 0 : scale(digits, exponent);
  return negative ? -value : value;
}

/** The exponent whose text starts after the letter; saturates, since a text may have any number of digits. */
function parseExponent(at: usize, to: usize): i32 {
  const sign = <i32>load<u8>(at);
  if (!isDigit(sign)) at++;
  let exponent = 0;
  for (; at < to; at++) exponent = min(exponent * 10 + <i32>load<u8>(at) - Char.Zero, 100_000_000);
  return sign == Char.Minus ? -exponent : exponent;
}

/**
 * `digits` × 10^`exponent` with a 64-bit mantissa. Each of at most 345 steps loses less than two units of the 64th bit,
 * 345 × 2^-63 < 2^-54 together, so the 53 bits of the result are off by one at most.
 */
function scale(digits: u64, exponent: i32): f64 {
  if (exponent > HIGHEST) return Infinity;
  if (exponent < LOWEST) return 0;
  let shift = <i32>clz(digits);
  let mantissa = digits << shift;
  let binary = -shift;
  for (; exponent != 0; exponent += exponent > 0 ? -1 : 1) {
    mantissa = highProduct(mantissa, exponent > 0 ? TEN : TENTH);
    binary += exponent > 0 ? 4 : -3;
    shift = <i32>clz(mantissa);
    mantissa <<= shift;
    binary -= shift;
  }
  return NativeMath.scalbn(<f64>mantissa, binary);
}

/** The upper 64 bits of a 128-bit product. */
function highProduct(a: u64, b: u64): u64 {
  const aLow = a & 0xffff_ffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffff_ffff;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const other = aLow * bHigh + (middle & 0xffff_ffff);
  return aHigh * bHigh + (middle >> 32) + (other >> 32);
}
