import type { Failed } from '@ostiary/sandbox';
import type { AdmissionModule, AuthenticationModule, AuthorizationModule, CallModule, GateAnswer } from './module.ts';

// Data for the tests of this room. A module is its `call`, so a guest here is a plain function from input to output.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytesOf(value: unknown): Uint8Array {
  return encoder.encode(typeof value === 'string' ? value : JSON.stringify(value));
}

/** A call that answers with what `answer` makes of the input: a text, or a value to be written as JSON. */
export function guest(answer: (input: string) => unknown): CallModule {
  return (_operation, input) => {
    const text = decoder.decode(new Uint8Array(input.flatMap((segment) => [...segment])));
    return { ok: true, output: bytesOf(answer(text)), micros: 1 };
  };
}

/** A call that fails at its deadline. */
export function failing(message = 'the deadline of 2000 ms passed', stderr = ''): CallModule {
  const outcome: Failed = { ok: false, failure: { code: 'deadline', message, stderr }, micros: 1 };
  return () => outcome;
}

export function authenticator(call: CallModule, name = 'authn.wasm'): AuthenticationModule {
  return { name, settings: undefined, call };
}

export function authorizer(call: CallModule, more: Partial<AuthorizationModule> = {}): AuthorizationModule {
  return { name: 'authz.wasm', settings: undefined, failurePolicy: 'NoOpinion', call, ...more };
}

export function admitter(call: CallModule, more: Partial<AdmissionModule> = {}): AdmissionModule {
  return {
    name: 'admit.wasm',
    settings: undefined,
    type: 'wasi',
    mutating: false,
    rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }],
    failurePolicy: 'Fail',
    call,
    ...more,
  };
}

/** The parsed body of an answer, for assertions on its members. */
export function parsed(answer: GateAnswer): {
  apiVersion: string;
  kind: string;
  status: { [name: string]: unknown };
  response: { [name: string]: unknown };
  message: string;
} {
  return JSON.parse(answer.body) as ReturnType<typeof parsed>;
}
