/** The bytes that have a meaning in JSON (RFC 8259 §2). */
export const enum Char {
  Tab = 0x09,
  LineFeed = 0x0a,
  CarriageReturn = 0x0d,
  Space = 0x20,
  Quote = 0x22,
  Plus = 0x2b,
  Comma = 0x2c,
  Minus = 0x2d,
  Dot = 0x2e,
  Slash = 0x2f,
  Zero = 0x30,
  Nine = 0x39,
  Colon = 0x3a,
  UpperE = 0x45,
  OpenBracket = 0x5b,
  Backslash = 0x5c,
  CloseBracket = 0x5d,
  LowerA = 0x61,
  LowerB = 0x62,
  LowerE = 0x65,
  LowerF = 0x66,
  LowerN = 0x6e,
  LowerR = 0x72,
  LowerT = 0x74,
  LowerU = 0x75,
  OpenBrace = 0x7b,
  CloseBrace = 0x7d,
}

export function isDigit(c: i32): bool {
  return c >= Char.Zero && c <= Char.Nine;
}

export function isSpace(c: i32): bool {
  return c == Char.Space || c == Char.LineFeed || c == Char.CarriageReturn || c == Char.Tab;
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(c: i32): i32 {
  if (isDigit(c)) return c - Char.Zero;
  const lower = c | 0x20;
  return lower >= Char.LowerA && lower <= Char.LowerF ? lower - Char.LowerA + 10 : -1;
}
