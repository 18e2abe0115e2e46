import type { CallState } from './call-state.ts';
import type { Failure } from './outcome.ts';
import { Stop } from './stop.ts';

/** What the runner knows of a call that ended. */
export interface CallEnd {
  /** The ticker stopped it. */
  readonly overdue: boolean;
  /** Its time limit in milliseconds. */
  readonly limitMs: number;
  /** It was refused memory and did not return normally. */
  readonly refusedMemory: boolean;
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
  const cause = state.stopped ?? (thrown && describe(thrown.error));
  if (!cause) return undefined;
  // A guest that goes on after a question that ended its run, until its time is over, has earned this.
  if (end.overdue && (!state.stopped || state.awaiting)) {
    return { code: 'deadline', message: `gave no answer within its limit of ${end.limitMs} ms`, stderr };
  }
  if (end.refusedMemory && EXHAUSTION.has(cause.code)) {
    return { code: 'memory-limit', message: `${cause.message}, after it was refused more memory`, stderr };
  }
  return { ...cause, stderr };
}

/** How a guest that gets no more memory ends: Rust and C trap, Go exits. */
const EXHAUSTION: ReadonlySet<string> = new Set(['trap', 'exit', 'guest-error']);

function describe(error: unknown): Pick<Failure, 'code' | 'message'> {
  if (error instanceof WebAssembly.RuntimeError) return { code: 'trap', message: `trapped: ${error.message}` };
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return { code: 'stack-overflow', message: 'overflowed its call stack' };
  }
  if (error instanceof RangeError)
    return { code: 'unavailable', message: `no memory for an instance: ${error.message}` };
  if (error instanceof WebAssembly.LinkError)
    return { code: 'trap', message: `can't be instantiated: ${error.message}` };
  if (error instanceof WebAssembly.Exception)
    return { code: 'trap', message: 'threw an exception that it did not catch' };
  if (error instanceof Stop) return { code: 'trap', message: error.message };
  return { code: 'trap', message: `failed in the host: ${error instanceof Error ? error.message : String(error)}` };
}
