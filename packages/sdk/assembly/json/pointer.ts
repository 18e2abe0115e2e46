import { Char, isDigit } from './characters';

/** The reference tokens of a JSON Pointer (RFC 6901): none for "". Traps when a pointer doesn't start with `/`. */
export function pointerTokens(pointer: string): string[] {
  if (pointer.length == 0) return [];
  assert(pointer.startsWith('/'), "a JSON Pointer starts with '/'");
  const tokens = pointer.substring(1).split('/');
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i].includes('~')) tokens[i] = tokens[i].replaceAll('~1', '/').replaceAll('~0', '~');
  }
  return tokens;
}

/** The array index that a pointer's token stands for (RFC 6901 §4: no sign, no leading zero), or -1. */
export function arrayIndex(token: string): i32 {
  if (token.length == 0 || token.length > 9 || (token.length > 1 && token.charCodeAt(0) == Char.Zero)) return -1;
  let index = 0;
  for (let i = 0; i < token.length; i++) {
    const c = token.charCodeAt(i);
    if (!isDigit(c)) return -1;
    index = index * 10 + c - Char.Zero;
  }
  return index;
}
