import type { CallState } from './call-state.ts';
import { Stop } from './stop.ts';

/** Runs a command's entry point: ending with `proc_exit(0)` is its normal return, any other code a failure. */
export function allowExitZero(state: CallState, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof Stop) || state.exitCode === undefined) throw error;
    if (state.exitCode === 0) state.stopped = undefined;
    else {
      state.stopped = { code: 'exit', message: `exited with code ${state.exitCode}` };
      throw error;
    }
  }
  state.exitCode = undefined;
}
