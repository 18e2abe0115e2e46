import type { CallState } from './call-state.ts';
import type { Failure } from './outcome.ts';
import { Stop } from './stop.ts';

/** What the runner knows of the time when a call ended. */
export interface CallEnd {
  readonly overdue: boolean;
  readonly timeoutMs: number;
}

/**
 * Why a call failed, or undefined when it did not. A reason that a host function recorded counts even when the guest
 * caught the exception and returned: a call once ended stays ended.
 */
export function failureOf(
  thrown: { readonly error: unknown } | undefined,
  state: CallState,
  end: CallEnd,
): Failure | undefined {
  const stderr = new TextDecoder().decode(state.stderr.take());
  if (state.stopped) return { ...state.stopped, stderr };
  if (!thrown) return undefined;
  if (end.overdue) return { code: 'deadline', message: `gave no answer within its limit of ${end.timeoutMs} ms`, stderr };
  return { ...describe(thrown.error), stderr };
}

function describe(error: unknown): Pick<Failure, 'code' | 'message'> {
  if (error instanceof WebAssembly.RuntimeError) return { code: 'trap', message: `trapped: ${error.message}` };
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return { code: 'stack-overflow', message: 'overflowed its call stack' };
  }
  if (error instanceof RangeError) return { code: 'unavailable', message: `no memory for an instance: ${error.message}` };
  if (error instanceof WebAssembly.LinkError) return { code: 'trap', message: `can't be instantiated: ${error.message}` };
  if (error instanceof WebAssembly.Exception) return { code: 'trap', message: 'threw an exception that it did not catch' };
  if (error instanceof Stop) return { code: 'trap', message: error.message };
  return { code: 'trap', message: `failed in the host: ${error instanceof Error ? error.message : String(error)}` };
}
