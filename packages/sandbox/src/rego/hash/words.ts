import { CUBE_ROOTS } from './primes.ts';

/** Compression of one 64-byte block, for hashes of 32-bit words. */

function left(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function right(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by));
}

function add(state: Uint32Array, words: readonly number[]): void {
  for (const [index, word] of words.entries()) state[index] = (state[index] ?? 0) + word;
}

const MD5_SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

const MD5_SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));

/** RFC 1321, 3.4. */
export function compressMd5(state: Uint32Array, block: DataView): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    const [mix, index] =
      round === 0
        ? [(b & c) | (~b & d), i]
        : round === 1
          ? [(b & d) | (c & ~d), (5 * i + 1) % 16]
          : round === 2
            ? [b ^ c ^ d, (3 * i + 5) % 16]
            : [c ^ (b | ~d), (7 * i) % 16];
    const sum = (a + mix + (MD5_SINES[i] ?? 0) + block.getUint32(index * 4, true)) | 0;
    const shift = MD5_SHIFTS[round as 0 | 1 | 2 | 3][i % 4] ?? 0;
    [a, d, c, b] = [d, c, b, (b + left(sum, shift)) | 0];
  }
  add(state, [a, b, c, d]);
}

/** FIPS 180-4, 6.1.2. */
export function compressSha1(state: Uint32Array, block: DataView): void {
  const w = new Int32Array(80);
  for (let t = 0; t < 16; t++) w[t] = block.getUint32(t * 4);
  for (let t = 16; t < 80; t++) w[t] = left((w[t - 3] ?? 0) ^ (w[t - 8] ?? 0) ^ (w[t - 14] ?? 0) ^ (w[t - 16] ?? 0), 1);
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let t = 0; t < 80; t++) {
    const [mix, constant] =
      t < 20
        ? [(b & c) | (~b & d), 0x5a827999]
        : t < 40
          ? [b ^ c ^ d, 0x6ed9eba1]
          : t < 60
            ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
            : [b ^ c ^ d, 0xca62c1d6];
    const next = (left(a, 5) + mix + e + constant + (w[t] ?? 0)) | 0;
    [e, d, c, b, a] = [d, c, left(b, 30), a, next];
  }
  add(state, [a, b, c, d, e]);
}

const SHA256_CONSTANTS = Int32Array.from(CUBE_ROOTS.slice(0, 64), (root) => Number(root >> 32n));

/** FIPS 180-4, 6.2.2. */
export function compressSha256(state: Uint32Array, block: DataView): void {
  const w = new Int32Array(64);
  for (let t = 0; t < 16; t++) w[t] = block.getUint32(t * 4);
  for (let t = 16; t < 64; t++) {
    const [x, y] = [w[t - 15] ?? 0, w[t - 2] ?? 0];
    const s0 = right(x, 7) ^ right(x, 18) ^ (x >>> 3);
    const s1 = right(y, 17) ^ right(y, 19) ^ (y >>> 10);
    w[t] = (w[t - 16] ?? 0) + s0 + (w[t - 7] ?? 0) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const s1 = right(e, 6) ^ right(e, 11) ^ right(e, 25);
    const first = (h + s1 + ((e & f) ^ (~e & g)) + (SHA256_CONSTANTS[t] ?? 0) + (w[t] ?? 0)) | 0;
    const s0 = right(a, 2) ^ right(a, 13) ^ right(a, 22);
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  add(state, [a, b, c, d, e, f, g, h]);
}
