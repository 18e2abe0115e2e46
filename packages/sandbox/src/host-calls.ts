import type { InstanceContext } from './abi.ts';
import { stop, type CallState } from './call-state.ts';
import type { CallSeed } from './repeatable.ts';

/** What a guest asks its host during a call: an operation of a namespace of a binding, with a payload. */
export interface HostCall {
  readonly binding: string;
  readonly namespace: string;
  readonly operation: string;
  /** A copy: it outlives the guest's memory. */
  readonly payload: Uint8Array;
}

/** A refusal is an answer too: the guest decides what it makes of the text. */
export type HostAnswer =
  | { readonly ok: true; readonly payload: Uint8Array }
  | { readonly ok: false; readonly error: string };

/**
 * Who answers the questions of one guest call (contract: policy-server §8). All of it is synchronous. A question whose
 * answer is not there yet ends the run, which can be repeated when it is: the guest starts from the same state again,
 * and asks the same.
 */
export interface HostCalls {
  /** A run starts; what an earlier run of the same call has said does not count. */
  begin?(): void;
  /** The answer, or undefined when it is not known yet: the call then ends as {@link Awaiting}. Must not throw. */
  call(request: HostCall): HostAnswer | undefined;
  /** Diagnostics of this call (waPC `__console_log`); default: those of the guest's host. */
  log?(text: string): void;
  /** Makes clocks and random bytes the same in each repetition. Without it both are live. */
  readonly seed?: CallSeed;
  /** The longest run in milliseconds, when that is less than the guest's own limit; read when the run begins. */
  readonly limitMs?: number;
  /** The same for making an instance, when there is none that is ready. */
  readonly startLimitMs?: number;
}

/** The longest answer, in bytes: a list of 20,000 pods of 3 KiB. It also has to fit into the guest's memory. */
export const HOST_ANSWER_LIMIT = 64 * 1024 * 1024;
/** The longest question: no object is larger than 3 MiB, and base64 makes it four thirds of that. */
export const HOST_PAYLOAD_LIMIT = 8 * 1024 * 1024;
/** Bytes of a binding's, namespace's or operation's name. The longest real one has 27. */
const NAME_LIMIT = 1024;
/** UTF-16 units of a name that a message shows. */
const SHOWN = 100;

/**
 * Answers a guest's host call. Ends the run when a pointer lies outside the guest's memory, or when the answer is not
 * known yet.
 *
 * @param name The host function's, for the message.
 * @param pointers Pointer and length of binding, namespace, operation and payload, as guests of all ABIs pass them.
 */
export function askHost(context: InstanceContext, name: string, pointers: readonly number[]): HostAnswer {
  const request = readCall(context, name, pointers);
  if ('error' in request) return { ok: false, error: request.error };
  const { state } = context;
  const answer = state.host?.call(request);
  if (answer) return bounded(answer, request, context.answerLimit);
  // The state after the start serves all calls: no answer could be true for each of them.
  if (state.starting) return { ok: false, error: `${describe(request)} can't be used while the guest starts` };
  if (!state.host) return refuseHostCall(request);
  return awaitHost(state, request);
}

/** The answer to a guest that has nobody to ask. */
export function refuseHostCall(request: HostCall): HostAnswer {
  return { ok: false, error: `${describe(request)} is not available` };
}

function awaitHost(state: CallState, request: HostCall): never {
  state.awaiting ??= request;
  return stop(state, 'awaiting-host', `waits for the answer of ${describe(request)}`);
}

function bounded(answer: HostAnswer, request: HostCall, limit: number): HostAnswer {
  if (!answer.ok || answer.payload.length <= limit) return answer;
  const error = `${describe(request)} answered with ${answer.payload.length} bytes, more than the limit of ${limit}`;
  return { ok: false, error };
}

/** How messages call a host call; never its payload. */
export function describe({ binding, namespace, operation }: Omit<HostCall, 'payload'>): string {
  return `host capability '${clip(`${namespace}/${operation}`)}' of '${clip(binding)}'`;
}

function clip(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}

function readCall(
  context: InstanceContext,
  name: string,
  pointers: readonly number[],
): HostCall | { readonly error: string } {
  const bytes = (index: 0 | 2 | 4 | 6): Uint8Array =>
    context.memory.range(pointers[index] ?? 0, pointers[index + 1] ?? 0) ??
    stop(context.state, 'trap', `passed a pointer outside its memory to ${name}`);
  const [binding, namespace, operation, payload] = [bytes(0), bytes(2), bytes(4), bytes(6)];
  if (Math.max(binding.length, namespace.length, operation.length) > NAME_LIMIT) {
    return { error: `a host call's names have at most ${NAME_LIMIT} bytes` };
  }
  if (payload.length > HOST_PAYLOAD_LIMIT) {
    return { error: `a host call's payload has at most ${HOST_PAYLOAD_LIMIT} bytes, found ${payload.length}` };
  }
  const text = (part: Uint8Array): string => utf8.decode(part);
  return {
    binding: text(binding),
    namespace: text(namespace),
    operation: text(operation),
    payload: payload.slice(),
  };
}

const utf8 = new TextDecoder();
