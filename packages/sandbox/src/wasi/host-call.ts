import type { InstanceContext } from '../abi.ts';
import { appendInput } from '../call-state.ts';
import { askHost } from '../host-calls.ts';
import { NotParked, Stop } from '../stop.ts';

/** The host call of WASI policies, by either of the modules that SDKs import it from (contract: policy-server §7.2). */
export const HOST_CALL_IMPORTS = {
  host: { call: 'iiiiiiii:i' },
  'kubewarden:javy/host': { call: 'iiiiiiii:i' },
} as const;

const utf8 = new TextEncoder();

/**
 * `call` answers 0 when the host has answered and 1 when it has refused; the answer or the refusal's text is appended to
 * stdin, which the guest has read to its end.
 */
export function hostCallImports(context: InstanceContext): WebAssembly.Imports {
  const call = (...pointers: number[]): number => {
    if (context.state.stopped) throw new Stop(context.state.stopped.message);
    // A command that asks before it reads can't go on from its first read of stdin: its answer would be missing there.
    if (context.parking) throw new NotParked();
    const answer = askHost(context, 'host.call', pointers);
    appendInput(context.state, answer.ok ? answer.payload : utf8.encode(answer.error));
    return answer.ok ? 0 : 1;
  };
  return Object.fromEntries(Object.keys(HOST_CALL_IMPORTS).map((module) => [module, { call }]));
}
