import { ERRNO } from './errno.ts';
import type { WasiFamily } from './context.ts';

/** No arguments, no environment: what a module decides depends on its input alone. */
export const argsAndEnviron: WasiFamily = (context) => {
  const sizes = (countPointer: number, sizePointer: number): number =>
    context.memory.writeU32(countPointer, 0) && context.memory.writeU32(sizePointer, 0) ? ERRNO.success : ERRNO.fault;
  const nothing = (): number => ERRNO.success;
  return { args_sizes_get: sizes, environ_sizes_get: sizes, args_get: nothing, environ_get: nothing };
};
