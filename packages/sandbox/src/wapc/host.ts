import type { InstanceContext } from '../abi.ts';
import { appendOutput, readInput, stop } from '../call-state.ts';
import { askHost, type HostAnswer } from '../host-calls.ts';
import { Stop } from '../stop.ts';

/** What host and guest have told each other in the current guest call. */
export interface Exchange {
  readonly operation: Uint8Array;
  responded: boolean;
  error: string | undefined;
  /** What the last host call left to be fetched; one of the two is empty. */
  hostResponse: Uint8Array;
  hostError: Uint8Array;
}

const utf8 = new TextEncoder();
/** Bytes of a guest's error text that are kept: it becomes part of a message. */
const ERROR_LIMIT = 4096;
const EMPTY = new Uint8Array();

export function newExchange(operation: Uint8Array): Exchange {
  return { operation, responded: false, error: undefined, hostResponse: EMPTY, hostError: EMPTY };
}

type WapcFunction = (...args: number[]) => number | void;

/** The imports of module `wapc` for one instance. A pointer outside the guest's memory ends the call. */
export function wapcFunctions(context: InstanceContext): Record<string, WapcFunction> {
  const exchange = (): Exchange => (context.exchange ??= newExchange(EMPTY));
  const bytes = (name: string, pointer = 0, length = 0): Uint8Array =>
    context.memory.range(pointer, length) ?? outside(context, name);
  const put = (name: string, pointer = 0, data: Uint8Array): void => {
    if (!context.memory.write(pointer, data)) outside(context, name);
  };

  return guarded(context, {
    __guest_request: (operationPointer, payloadPointer) => {
      put('__guest_request', operationPointer, exchange().operation);
      const length = context.state.input.reduce((sum, segment) => sum + segment.length, 0);
      const target = context.memory.writable(payloadPointer ?? 0, length) ?? outside(context, '__guest_request');
      readInput(context.state, target);
    },
    __guest_response: (pointer, length) => {
      exchange().responded = true;
      context.state.output.clear();
      appendOutput(context.state, bytes('__guest_response', pointer, length), context.outputLimit);
    },
    __guest_error: (pointer, length) => {
      exchange().error = new TextDecoder().decode(bytes('__guest_error', pointer, length).slice(0, ERROR_LIMIT));
    },
    __host_call: (...pointers) => take(exchange(), askHost(context, '__host_call', pointers)),
    __host_response_len: () => exchange().hostResponse.length,
    __host_response: (pointer) => put('__host_response', pointer, exchange().hostResponse),
    __host_error_len: () => exchange().hostError.length,
    __host_error: (pointer) => put('__host_error', pointer, exchange().hostError),
    __console_log: (pointer, length) => {
      context.log(new TextDecoder().decode(bytes('__console_log', pointer, length).slice(0, ERROR_LIMIT)));
    },
  });
}

/** Keeps an answer to be fetched. @returns what the guest is told: 1 for a response, 0 for an error. */
function take(exchange: Exchange, answer: HostAnswer): number {
  exchange.hostResponse = answer.ok ? answer.payload : EMPTY;
  exchange.hostError = answer.ok ? EMPTY : utf8.encode(answer.error);
  return answer.ok ? 1 : 0;
}

/** A call that a host function has ended stays ended: a guest that catches the exception gets nothing more done. */
function guarded(
  context: InstanceContext,
  functions: Readonly<Record<string, WapcFunction>>,
): Record<string, WapcFunction> {
  const guard =
    (implementation: WapcFunction): WapcFunction =>
    (...args) => {
      if (context.state.stopped) throw new Stop(context.state.stopped.message);
      return implementation(...args);
    };
  return Object.fromEntries(Object.entries(functions).map(([name, each]) => [name, guard(each)]));
}

function outside(context: InstanceContext, name: string): never {
  return stop(context.state, 'trap', `passed a pointer outside its memory to ${name}`);
}
