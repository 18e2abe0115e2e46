import type { HostCall } from '@ostiary/sandbox';

/** The content of a question as a text: equal for equal questions, and for no others. */
export function keyOf({ binding, namespace, operation, payload }: HostCall): string {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1');
  // The lengths keep parts from running into each other.
  return `${binding.length},${namespace.length},${operation.length},${binding}${namespace}${operation}${bytes}`;
}

/** The bytes that an answer takes. */
export function sizeOf(answer: { readonly payload: Uint8Array } | { readonly error: string }): number {
  return 'payload' in answer ? answer.payload.length : answer.error.length * 2;
}
