import { ERRNO } from './errno.ts';
import type { WasiFamily } from './context.ts';

const REALTIME = 0;
const LAST_CLOCK = 3;
/** The clocks of the platform promise microseconds at best. */
const RESOLUTION_NS = 1000n;

/** Real clocks: a module that checks a token's expiry needs the time (the original's was fake). CPU clocks read as monotonic. */
export const clock: WasiFamily = (context) => {
  const read = (id: number): bigint =>
    BigInt(Math.round((id === REALTIME ? context.wallClock() : context.monotonicClock()) * 1000)) * 1000n;
  return {
    clock_res_get: (id: number, pointer: number): number => {
      if (id >>> 0 > LAST_CLOCK) return ERRNO.inval;
      return context.memory.writeU64(pointer, RESOLUTION_NS) ? ERRNO.success : ERRNO.fault;
    },
    clock_time_get: (id: number, _precision: bigint, pointer: number): number => {
      if (id >>> 0 > LAST_CLOCK) return ERRNO.inval;
      return context.memory.writeU64(pointer, read(id)) ? ERRNO.success : ERRNO.fault;
    },
  };
};
