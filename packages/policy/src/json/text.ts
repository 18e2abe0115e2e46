import type { Member } from './scan.ts';
import { QUOTE } from './tokens.ts';

/** Names, verbs and resources are shorter; beyond it, TextDecoder is the faster way. */
const SHORT = 64;

/** The text of a chosen member, or undefined when the member is absent or not a string. The scan has checked it. */
export function textOf(bytes: Uint8Array, member: Member | undefined): string | undefined {
  if (member === undefined || bytes[member.start] !== QUOTE) return undefined;
  if (member.end - member.start <= SHORT) {
    const text = plainText(bytes, member.start + 1, member.end - 1);
    if (text !== undefined) return text;
  }
  return JSON.parse(new TextDecoder().decode(bytes.subarray(member.start, member.end))) as string;
}

/** The text of bytes that stand for themselves; undefined when there is an escape or more than ASCII. */
function plainText(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80 || byte === 0x5c) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** A chosen member parsed on its own: for small members, because it builds what it finds. */
export function valueOf(bytes: Uint8Array, member: Member): unknown {
  return JSON.parse(new TextDecoder().decode(bytes.subarray(member.start, member.end)));
}

/** Whether a chosen member is absent or null, which Kubernetes' JSON does not tell apart. */
export function isUnset(bytes: Uint8Array, member: Member | undefined): boolean {
  return member === undefined || bytes[member.start] === 0x6e;
}
