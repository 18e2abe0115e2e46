import type { Member } from './scan.ts';
import { isPlain, QUOTE } from './tokens.ts';

/** V8 joins up to so many characters as it goes; beyond it, TextDecoder is the faster way. */
const SHORT = 12;

const utf8 = new TextDecoder();

/** The text of a chosen member, or undefined when the member is absent or not a string. The scan has checked it. */
export function textOf(bytes: Uint8Array, member: Member | undefined): string | undefined {
  if (member === undefined || bytes[member.start] !== QUOTE) return undefined;
  const [start, end] = [member.start + 1, member.end - 1];
  if (!isPlain(bytes, start, end)) return valueOf(bytes, member) as string;
  if (end - start > SHORT) return utf8.decode(bytes.subarray(start, end));
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** A chosen member parsed on its own: for small members, because it builds what it finds. */
export function valueOf(bytes: Uint8Array, member: Member): unknown {
  return JSON.parse(utf8.decode(bytes.subarray(member.start, member.end)));
}

/** Whether a chosen member is absent or null, which Kubernetes' JSON does not tell apart. */
export function isUnset(bytes: Uint8Array, member: Member | undefined): boolean {
  return member === undefined || bytes[member.start] === 0x6e;
}
