import { stop } from '../call-state.ts';
import { ERRNO } from './errno.ts';
import type { WasiFamily } from './context.ts';

/**
 * `proc_exit` ends the call, and inside a call any code is a failure, 0 too: the module contract asks for a normal
 * return (contract: fork §5.1).
 */
export const proc: WasiFamily = (context) => ({
  proc_exit: (code: number): number => {
    context.state.exitCode ??= code >>> 0;
    return stop(context.state, 'exit', `called proc_exit(${code >>> 0}) instead of returning`);
  },
  proc_raise: (signal: number): number => stop(context.state, 'exit', `raised signal ${signal >>> 0}`),
  sched_yield: (): number => ERRNO.success,
});
