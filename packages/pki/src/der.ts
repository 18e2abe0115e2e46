/**
 * The part of the Distinguished Encoding Rules (ITU-T X.690) that an X.509 certificate needs.
 * Every function returns one complete element: tag, length, content.
 */

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  contextPrimitive: 0x80,
  contextConstructed: 0xa0,
} as const;

/** One element with the given identifier octet around the concatenation of `contents`. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOctets(content.length), content]);
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets = minimalOctets(length);
  return Buffer.from([0x80 | octets.length, ...octets]);
}

function minimalOctets(value: number): number[] {
  const octets: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 0x100)) octets.unshift(rest % 0x100);
  return octets;
}

export function sequence(...elements: readonly Uint8Array[]): Buffer {
  return element(TAG.sequence, ...elements);
}

/** A SET with one member, which needs no ordering. */
export function setOfOne(member: Uint8Array): Buffer {
  return element(TAG.set, member);
}

export function boolean(value: boolean): Buffer {
  return element(TAG.boolean, Buffer.from([value ? 0xff : 0x00]));
}

/** A non-negative INTEGER from its big-endian magnitude, with or without leading zeros. */
export function unsignedInteger(magnitude: Uint8Array): Buffer {
  const first = magnitude.findIndex((octet) => octet !== 0);
  const minimal = first === -1 ? Uint8Array.of(0) : magnitude.subarray(first);
  // A set top bit would mean a negative number, so one zero octet goes before it.
  return element(TAG.integer, (minimal[0] ?? 0) >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), minimal);
}

/** A BIT STRING whose last `unusedBits` bits don't count. */
export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return element(TAG.bitString, Buffer.from([unusedBits]), content);
}

export function octetString(content: Uint8Array): Buffer {
  return element(TAG.octetString, content);
}

export function utf8String(text: string): Buffer {
  return element(TAG.utf8String, Buffer.from(text, 'utf8'));
}

/** An OBJECT IDENTIFIER from dotted decimal, such as `2.5.29.17`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(TAG.objectIdentifier, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const octets = [value % 0x80];
  for (let rest = Math.floor(value / 0x80); rest > 0; rest = Math.floor(rest / 0x80)) {
    octets.unshift(0x80 | (rest % 0x80));
  }
  return octets;
}

/** UTCTime for the years 1950 to 2049 and GeneralizedTime for all others, to the second (RFC 5280, section 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '');
  const year = date.getUTCFullYear();
  if (year < 1950 || year > 2049) return element(TAG.generalizedTime, Buffer.from(digits, 'latin1'));
  return element(TAG.utcTime, Buffer.from(digits.slice(2), 'latin1'));
}

/** An element with an implicit context tag whose content is not itself made of elements. */
export function contextPrimitive(number: number, content: Uint8Array): Buffer {
  return element(TAG.contextPrimitive | number, content);
}

/** An element with an explicit context tag around other elements. */
export function contextConstructed(number: number, ...elements: readonly Uint8Array[]): Buffer {
  return element(TAG.contextConstructed | number, ...elements);
}
