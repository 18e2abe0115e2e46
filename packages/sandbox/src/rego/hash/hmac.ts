import type { Hash } from './hashes.ts';

/** RFC 2104. */
export function hmac(hash: Hash, key: Uint8Array, message: Uint8Array, checkTime: () => void): Uint8Array {
  const block = new Uint8Array(hash.blockBytes);
  block.set(key.length > block.length ? hash.digest(key, checkTime) : key);
  const inner = hash.digest(
    concat(
      block.map((byte) => byte ^ 0x36),
      message,
    ),
    checkTime,
  );
  return hash.digest(
    concat(
      block.map((byte) => byte ^ 0x5c),
      inner,
    ),
  );
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
