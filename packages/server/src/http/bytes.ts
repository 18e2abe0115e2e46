/** Bytes that the grammar of HTTP/1.1 names (RFC 9110 §5.6). */
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const SLASH = 0x2f;
export const ZERO = 0x30;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;

/** Marks the bytes of a class, so that a look-up decides. */
function classOf(contains: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (contains(byte) ? 1 : 0));
}

function oneOf(characters: string): (byte: number) => boolean {
  return (byte) => characters.includes(String.fromCharCode(byte));
}

const isAlphanumeric = oneOf('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789');

/** `tchar`: what methods and field names consist of. */
export const TOKEN = classOf((byte) => isAlphanumeric(byte) || oneOf("!#$%&'*+-.^_`|~")(byte));

/** What a line may hold: everything but control characters; a tab counts as a space. */
export const TEXT = classOf((byte) => byte === TAB || (byte >= SPACE && byte !== 0x7f));

/** What a request target may hold: visible ASCII without `#`, which clients keep to themselves. */
export const TARGET = classOf((byte) => byte > SPACE && byte < 0x7f && byte !== 0x23);

/** What a Host field may hold: `uri-host [ ":" port ]` of RFC 3986. */
export const HOST = classOf((byte) => isAlphanumeric(byte) || oneOf("-._~!$&'()*+,;=%:[]")(byte));

/** Whether all bytes from `start` to before `end` are of a class. */
export function consistsOf(of: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (of[bytes[index]!] === 0) return false;
  return true;
}

/** Compares with an expected text in lower case; ASCII letters of the bytes may be of either case. */
export function equalsIgnoringCase(bytes: Uint8Array, start: number, end: number, expected: string): boolean {
  if (end - start !== expected.length) return false;
  for (let index = 0; index < expected.length; index++) {
    const byte = bytes[start + index]!;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    if (lower !== expected.charCodeAt(index)) return false;
  }
  return true;
}

/** The bytes as text, each a character; only ASCII is ever compared or shown. */
export function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end);
}
