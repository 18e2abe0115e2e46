import { hmac } from '../hash/hmac.ts';
import { MD5, SHA1, SHA256, SHA512, type Hash } from '../hash/hashes.ts';
import { bytesOf } from '../value/bytes.ts';
import { toHex } from '../value/radix.ts';
import { onString, operands, type Builtin, type Family } from './builtin.ts';

function digest(hash: Hash): Builtin {
  return onString((text, { checkTime }) => toHex(hash.digest(bytesOf(text), checkTime)));
}

function mac(hash: Hash): Builtin {
  return (args, { checkTime }) => {
    const { string } = operands(args);
    return toHex(hmac(hash, bytesOf(string(2)), bytesOf(string(1)), checkTime));
  };
}

export const crypto: Family = {
  'crypto.md5': digest(MD5),
  'crypto.sha1': digest(SHA1),
  'crypto.sha256': digest(SHA256),
  'crypto.hmac.md5': mac(MD5),
  'crypto.hmac.sha1': mac(SHA1),
  'crypto.hmac.sha256': mac(SHA256),
  'crypto.hmac.sha512': mac(SHA512),
  'crypto.hmac.equal': (args) => {
    const { string } = operands(args);
    return sameBytes(bytesOf(string(1)), bytesOf(string(2)));
  },
};

/** Takes as long for a difference in the first byte as for one in the last. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}
