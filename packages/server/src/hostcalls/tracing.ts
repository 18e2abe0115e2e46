import { refuseHostCall, type CallSeed, type HostAnswer, type HostCall, type HostCalls } from '@ostiary/sandbox';

/** Lines and bytes that one run may log; what comes after is dropped, and the guest is not told. */
const MAX_LINES = 1000;
const MAX_BYTES = 1024 * 1024;

const DONE: HostAnswer = { ok: true, payload: new Uint8Array() };

function isLog({ binding, namespace, operation }: HostCall): boolean {
  return binding === 'kubewarden' && namespace === 'tracing' && operation === 'log';
}

/** Host calls that keep what the newest run has logged. */
export interface TracedCalls extends HostCalls {
  readonly said: readonly HostCall[];
}

/**
 * Answers log calls at once and leaves all others to `answer`. A run that is repeated logs again, so that only the lines
 * of the newest run are kept.
 *
 * @param limitMs The longest run at this moment.
 */
export function tracedCalls(
  answer: (call: HostCall) => HostAnswer | undefined,
  seed: CallSeed,
  limitMs: () => number,
): TracedCalls {
  const said: HostCall[] = [];
  let bytes = 0;
  return {
    seed,
    said,
    get limitMs() {
      return limitMs();
    },
    begin() {
      said.length = 0;
      bytes = 0;
    },
    call(call) {
      if (!isLog(call)) return answer(call);
      bytes += call.payload.length;
      if (said.length < MAX_LINES && bytes <= MAX_BYTES) said.push(call);
      return DONE;
    },
  };
}

/**
 * For guests that nobody listens to, as while they are tried: a log line is taken and dropped, because there
 * are guests that break when it is not; anything else is refused.
 */
export const DEAF: HostCalls = { call: (call) => (isLog(call) ? DONE : refuseHostCall(call)) };

/** The same for a guest that starts. */
export const STARTING: HostCalls = { call: (call) => (isLog(call) ? DONE : undefined) };
