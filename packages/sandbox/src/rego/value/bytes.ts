import { step } from '../steps.ts';
/**
 * Strings of Rego are bytes, mostly UTF-8. Bytes that are not become lone low surrogates (U+DC80 to U+DCFF), which no
 * UTF-8 holds, and become the same bytes again: `hex.decode` of a digest loses nothing on its way to another builtin.
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const ESCAPE = 0xdc00;

export function textOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeLeniently(bytes);
  }
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed()) return encoder.encode(text);
  const out: number[] = [];
  for (const character of text) {
    step();
    const code = character.codePointAt(0) ?? 0;
    if (code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff) out.push(code - ESCAPE);
    else out.push(...encoder.encode(character));
  }
  return Uint8Array.from(out);
}

function decodeLeniently(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length;) {
    // What is no UTF-8 is found out by an exception.
    step(16);
    const length = sequenceLength(bytes, at);
    const piece = bytes.subarray(at, at + Math.max(1, length));
    pieces.push(length > 0 ? strict.decode(piece) : String.fromCharCode(ESCAPE + (bytes[at] ?? 0)));
    at += piece.length;
  }
  return pieces.join('');
}

/** How many bytes the valid sequence at a place has; 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const sequence = bytes.subarray(at, at + length);
  if (sequence.length < length) return 0;
  try {
    strict.decode(sequence);
    return length;
  } catch {
    return 0;
  }
}
