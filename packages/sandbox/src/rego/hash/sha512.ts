import { CUBE_ROOTS } from './primes.ts';

const MASK = (1n << 64n) - 1n;

function rotate(value: bigint, by: bigint): bigint {
  return ((value >> by) | (value << (64n - by))) & MASK;
}

/** FIPS 180-4, 6.4.2. With bigints: HMACs of tokens are short, and 64-bit words by halves would be twice the code. */
export function compressSha512(state: BigUint64Array, block: DataView): void {
  const w = new BigUint64Array(80);
  for (let t = 0; t < 16; t++) w[t] = block.getBigUint64(t * 8);
  for (let t = 16; t < 80; t++) {
    const [x, y] = [w[t - 15] ?? 0n, w[t - 2] ?? 0n];
    const s0 = rotate(x, 1n) ^ rotate(x, 8n) ^ (x >> 7n);
    const s1 = rotate(y, 19n) ^ rotate(y, 61n) ^ (y >> 6n);
    w[t] = (w[t - 16] ?? 0n) + s0 + (w[t - 7] ?? 0n) + s1;
  }
  let [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n] = state;
  for (let t = 0; t < 80; t++) {
    const s1 = rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n);
    const first = h + s1 + ((e & f) ^ (~e & g)) + (CUBE_ROOTS[t] ?? 0n) + (w[t] ?? 0n);
    const s0 = rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n);
    const second = s0 + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) & MASK, c, b, a, (first + second) & MASK];
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0n) + word;
}
