/** `expand 32-byte k`, the constant that every block starts from (RFC 8439 §2.3). */
const CONSTANT = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
const DOUBLE_ROUNDS = 10;

/**
 * One block of 64 bytes of ChaCha20's key stream with a nonce of zeros (RFC 8439 §2.3). The platform's own ciphers answer
 * with promises, and a guest that asks for random bytes can't wait for one.
 *
 * @param key 32 bytes
 * @param counter 0 to 2^32 - 1
 */
export function chachaBlock(key: Uint8Array, counter: number): Uint8Array {
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  const start = Uint32Array.from([
    ...CONSTANT,
    ...Array.from({ length: 8 }, (_, index) => view.getUint32(index * 4, true)),
    counter,
    0,
    0,
    0,
  ]);
  const words = start.slice();
  for (let round = 0; round < DOUBLE_ROUNDS; round++) {
    for (let column = 0; column < 4; column++) quarter(words, column, column + 4, column + 8, column + 12);
    quarter(words, 0, 5, 10, 15);
    quarter(words, 1, 6, 11, 12);
    quarter(words, 2, 7, 8, 13);
    quarter(words, 3, 4, 9, 14);
  }
  const block = new DataView(new ArrayBuffer(64));
  for (const [index, word] of words.entries()) block.setUint32(index * 4, (word + start[index]!) >>> 0, true);
  return new Uint8Array(block.buffer);
}

function quarter(words: Uint32Array, a: number, b: number, c: number, d: number): void {
  mix(words, a, b, d, 16);
  mix(words, c, d, b, 12);
  mix(words, a, b, d, 8);
  mix(words, c, d, b, 7);
}

/** `to += from`, then `other = (other ^ to) <<< bits`. */
function mix(words: Uint32Array, to: number, from: number, other: number, bits: number): void {
  words[to] = words[to]! + words[from]!;
  const mixed = words[other]! ^ words[to];
  words[other] = (mixed << bits) | (mixed >>> (32 - bits));
}
