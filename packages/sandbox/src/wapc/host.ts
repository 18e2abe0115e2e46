import type { InstanceContext } from '../abi.ts';
import { appendOutput, readInput, stop } from '../call-state.ts';

/** What host and guest have told each other in the current guest call. */
export interface Exchange {
  readonly operation: Uint8Array;
  responded: boolean;
  error: string | undefined;
  /** What the last host call left to be fetched. */
  hostError: Uint8Array;
}

const utf8 = new TextEncoder();
/** Bytes of a guest's error text that are kept: it becomes part of a message. */
const ERROR_LIMIT = 4096;
const EMPTY = new Uint8Array();

export function newExchange(operation: Uint8Array): Exchange {
  return { operation, responded: false, error: undefined, hostError: EMPTY };
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

  return {
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
    __host_call: (
      bindingPointer,
      bindingLength,
      namespacePointer,
      namespaceLength,
      operationPointer,
      operationLength,
    ) => {
      const text = (pointer?: number, length?: number): string =>
        new TextDecoder().decode(bytes('__host_call', pointer, length).slice(0, ERROR_LIMIT));
      const capability = `${text(namespacePointer, namespaceLength)}/${text(operationPointer, operationLength)}`;
      exchange().hostError = utf8.encode(
        `host capability '${capability}' of '${text(bindingPointer, bindingLength)}' is not available`,
      );
      return 0;
    },
    __host_response_len: () => 0,
    __host_response: () => undefined,
    __host_error_len: () => exchange().hostError.length,
    __host_error: (pointer) => put('__host_error', pointer, exchange().hostError),
    __console_log: (pointer, length) => {
      context.log(new TextDecoder().decode(bytes('__console_log', pointer, length).slice(0, ERROR_LIMIT)));
    },
  };
}

function outside(context: InstanceContext, name: string): never {
  return stop(context.state, 'trap', `passed a pointer outside its memory to ${name}`);
}
