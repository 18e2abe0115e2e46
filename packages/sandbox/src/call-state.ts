import { ByteSink } from './byte-sink.ts';
import { Stop } from './stop.ts';
import type { Control } from './control.ts';
import { sleep, stoppedRun } from './control.ts';
import type { HostCall, HostCalls } from './host-calls.ts';
import type { FailureCode } from './outcome.ts';
import { RepeatableWorld } from './repeatable.ts';

/** How much of stderr is kept for the logs: enough for a panic with its trace, whatever a guest writes. */
const STDERR_LIMIT = 4096;

/**
 * The host's side of one call: its input, its output so far, and how it ended when a host function ended it. Host
 * functions find it through the guest, so that imports are made once per instance and not once per call.
 */
export interface CallState {
  input: readonly Uint8Array[];
  /** Position in `input`: the segment and the offset in it. */
  segment: number;
  offset: number;
  readonly output: ByteSink;
  readonly stderr: ByteSink;
  /** Set once by {@link stop}; survives a guest that catches the exception. */
  stopped: { readonly code: FailureCode; readonly message: string } | undefined;
  /** The code of `proc_exit`, when the guest has called it. */
  exitCode: number | undefined;
  /** Who answers the guest's host calls; undefined: nobody. */
  readonly host: HostCalls | undefined;
  /** Clocks and random bytes of this call alone; undefined: the live ones. */
  readonly world: RepeatableWorld | undefined;
  /** The host call whose answer was not known, which ended the run. */
  awaiting: HostCall | undefined;
  /** The guest runs its own start-up, for no call in particular. */
  readonly starting: boolean;
}

/** Where a guest's calls write, one after the other. */
export interface Sinks {
  readonly output: ByteSink;
  readonly stderr: ByteSink;
}

export function newSinks(): Sinks {
  return { output: new ByteSink(), stderr: new ByteSink() };
}

/** The state of a guest's start-up, which has no input. */
export function newStartState(host?: HostCalls): CallState {
  return { ...newCallState([], newSinks(), host), starting: true };
}

/** The state of a new call; the sinks are emptied for it. */
export function newCallState(
  input: readonly Uint8Array[],
  { output, stderr }: Sinks = newSinks(),
  host?: HostCalls,
): CallState {
  output.clear();
  stderr.clear();
  return {
    input,
    segment: 0,
    offset: 0,
    output,
    stderr,
    stopped: undefined,
    exitCode: undefined,
    host,
    world: host?.seed && new RepeatableWorld(host.seed),
    awaiting: undefined,
    starting: false,
  };
}

/** Ends the call from inside a host function; the first reason stands. */
export function stop(state: CallState, code: FailureCode, message: string): never {
  state.stopped ??= { code, message };
  throw new Stop(state.stopped.message);
}

/** Keeps a copy of `bytes` as output, or ends the call when there is more of it than `limit` allows. */
export function appendOutput(state: CallState, bytes: Uint8Array, limit: number): void {
  if (state.output.length + bytes.length > limit) {
    stop(state, 'output-limit', `wrote more than the output limit of ${limit} bytes`);
  }
  state.output.append(bytes);
}

/** Keeps what fits; the rest is dropped without telling the guest. */
export function appendStderr(state: CallState, bytes: Uint8Array): void {
  state.stderr.append(bytes.subarray(0, STDERR_LIMIT - state.stderr.length));
}

/** Copies the next input bytes into `target`; 0 at the end of the input. */
export function readInput(state: CallState, target: Uint8Array): number {
  let copied = 0;
  while (copied < target.length) {
    const segment = state.input[state.segment];
    if (!segment) break;
    const rest = target.length - copied;
    // Most segments fit whole, and taking a part of an array costs more than copying a small one.
    const whole = state.offset === 0 && segment.length <= rest;
    const part = whole ? segment : segment.subarray(state.offset, state.offset + rest);
    target.set(part, copied);
    copied += part.length;
    state.offset += part.length;
    if (state.offset === segment.length) {
      state.segment++;
      state.offset = 0;
    }
  }
  return copied;
}

/** Appends a host's reply to what the guest has not read yet (contract: policy-server §7.2). */
export function appendInput(state: CallState, reply: Uint8Array): void {
  const first = state.input[state.segment];
  const unread = first ? [first.subarray(state.offset), ...state.input.slice(state.segment + 1)] : [];
  state.input = [...unread, reply];
  state.segment = 0;
  state.offset = 0;
}

/** Lets the guest sleep no longer than its limit, which then ends the call. */
export function sleepInCall(control: Control, state: CallState, ms: number): void {
  state.world?.pass(ms);
  sleep(control, ms);
  if (stoppedRun(control) !== 0) throw new Stop('stopped while it slept');
}
