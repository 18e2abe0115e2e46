import { compressMd5, compressSha1, compressSha256 } from './words.ts';
import { compressSha512 } from './sha512.ts';

/**
 * Hashes as functions. The platform has them too, but only as promises, and a builtin has to answer at once.
 */
export interface Hash {
  readonly blockBytes: number;
  /** @param checkTime Called now and then: a long message takes seconds. */
  readonly digest: (message: Uint8Array, checkTime?: () => void) => Uint8Array<ArrayBuffer>;
}

/** A whole number of blocks, hashed in some milliseconds. */
const TIME_CHECK_BYTES = 4096;

type Compress = (state: Uint32Array, block: DataView) => void;

/** A hash of 64-byte blocks and 32-bit words. */
function hash32(initial: readonly number[], littleEndian: boolean, compress: Compress): Hash {
  return {
    blockBytes: 64,
    digest: (message, checkTime) => {
      const state = Uint32Array.from(initial);
      const padded = pad(message, 64, littleEndian);
      for (let at = 0; at < padded.length; at += 64) {
        if (at % TIME_CHECK_BYTES === 0) checkTime?.();
        compress(state, new DataView(padded.buffer, at, 64));
      }
      const out = new DataView(new ArrayBuffer(state.length * 4));
      for (const [index, word] of state.entries()) out.setUint32(index * 4, word, littleEndian);
      return new Uint8Array(out.buffer);
    },
  };
}

/** A one bit, zeros, and the length in bits at the end of the last block. */
function pad(message: Uint8Array, block: number, littleEndian: boolean): Uint8Array<ArrayBuffer> {
  const lengthBytes = block / 8;
  const padded = new Uint8Array(Math.ceil((message.length + 1 + lengthBytes) / block) * block);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(message.length) * 8n, littleEndian);
  return padded;
}

const SHA1_STATE = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

export const MD5 = hash32(SHA1_STATE.slice(0, 4), true, compressMd5);
export const SHA1 = hash32(SHA1_STATE, false, compressSha1);

/** The first 32 bits of the fractions of the square roots of the first primes. */
const ROOTS = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];

export const SHA256 = hash32(
  ROOTS.map((root) => Number(root >> 32n)),
  false,
  compressSha256,
);

const SHA384_STATE = [
  0xcbbb9d5dc1059ed8n,
  0x629a292a367cd507n,
  0x9159015a3070dd17n,
  0x152fecd8f70e5939n,
  0x67332667ffc00b31n,
  0x8eb44a8768581511n,
  0xdb0c2e0d64f98fa7n,
  0x47b5481dbefa4fa4n,
];

/** A hash of 128-byte blocks and 64-bit words, cut to some bytes. */
function hash64(initial: readonly bigint[], bytes: number): Hash {
  return {
    blockBytes: 128,
    digest: (message, checkTime) => {
      const state = BigUint64Array.from(initial);
      const padded = pad(message, 128, false);
      for (let at = 0; at < padded.length; at += 128) {
        if (at % TIME_CHECK_BYTES === 0) checkTime?.();
        compressSha512(state, new DataView(padded.buffer, at, 128));
      }
      const out = new DataView(new ArrayBuffer(64));
      for (const [index, word] of state.entries()) out.setBigUint64(index * 8, word);
      return new Uint8Array(out.buffer).slice(0, bytes);
    },
  };
}

export const SHA384 = hash64(SHA384_STATE, 48);
export const SHA512 = hash64(ROOTS, 64);
