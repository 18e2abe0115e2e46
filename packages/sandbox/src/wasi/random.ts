import { ERRNO } from './errno.ts';
import type { WasiFamily } from './context.ts';

/** The most that Web Crypto's getRandomValues fills at once. */
const CHUNK = 65_536;

export const random: WasiFamily = (context) => ({
  random_get: (pointer: number, length: number): number => {
    const target = context.memory.writable(pointer, length);
    if (!target) return ERRNO.fault;
    for (let at = 0; at < target.length; at += CHUNK) context.random(target.subarray(at, at + CHUNK));
    return ERRNO.success;
  },
});
