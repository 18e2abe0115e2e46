import { step } from '../steps.ts';
/** Bytes as text. The platform's own methods are too young for every browser. */

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    step();
    return byte.toString(16).padStart(2, '0');
  }).join('');
}

/** Of pairs of hexadecimal digits. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = (at: number): number => {
    step();
    return Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  };
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => digits(at));
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const URL_ALPHABET = `${BASE64}-_`;
const STANDARD_ALPHABET = `${BASE64}+/`;

/** base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  const out: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    step(4);
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const group = (a << 16) | (b << 8) | c;
    const digits = [group >> 18, (group >> 12) & 63, (group >> 6) & 63, group & 63].map((digit) => URL_ALPHABET[digit]);
    out.push(digits.slice(0, Math.min(bytes.length - at, 3) + 1).join(''));
  }
  return out.join('');
}

/** Undefined for text that is not in the alphabet or not padded to groups of four. */
export function fromBase64(text: string, alphabet: 'url' | 'standard'): Uint8Array<ArrayBuffer> | undefined {
  const symbols = alphabet === 'url' ? URL_ALPHABET : STANDARD_ALPHABET;
  const data = text.replace(/={1,2}$/, '');
  if (text.length % 4 !== 0 || data.length % 4 === 1) return undefined;
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const symbol of data) {
    step();
    const digit = symbols.indexOf(symbol);
    if (digit < 0) return undefined;
    bits = ((bits << 6) | digit) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push((bits >> count) & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}
