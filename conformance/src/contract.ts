import type { Control } from '@ostiary/sandbox';
import { hostCallsContract } from './host-calls.suite.ts';
import { hostileHostCallsContract } from './host-calls-hostile.suite.ts';
import { hostileContract } from './hostile.suite.ts';
import { hostileWapcContract } from './hostile-wapc.suite.ts';
import type { EachRegoGuest } from './rego/guests.ts';
import { hostileRegoContract } from './rego-hostile.suite.ts';
import { regoContract } from './rego.suite.ts';
import { reactorContract, type ReactorModules } from './reactor.suite.ts';
import type { Runner } from './runner.ts';
import { guestMaker, HONEST_TIMEOUT_MS } from './sandbox-host.ts';
import { wapcContract } from './wapc.suite.ts';

/** The guests of one toolchain, as binaries. */
export interface ToolchainGuests {
  readonly title: string;
  readonly reactor: ReactorModules;
  /** waPC guests by name; a toolchain may have none, or one per kind of start-up. */
  readonly wapc: Readonly<Record<string, Uint8Array>>;
}

/** The policies compiled from Rego, as binaries. */
export interface RegoGuests {
  readonly title: string;
  readonly rego: EachRegoGuest<Uint8Array>;
}

export type Guests = ToolchainGuests | RegoGuests;

/** The contract of each toolchain's guests. They are compiled at once and stay until the last case has run. */
export function toolchainContract(runner: Runner, control: Control, toolchains: readonly Guests[]): void {
  const makeReactor = guestMaker(control, 'wasi-reactor', HONEST_TIMEOUT_MS);
  const makeWapc = guestMaker(control, 'wapc', HONEST_TIMEOUT_MS);
  for (const guests of toolchains) {
    if ('rego' in guests) {
      regoContract(runner, control, guests.rego);
      continue;
    }
    const { title, reactor, wapc } = guests;
    reactorContract(runner, title, reactor, makeReactor);
    for (const [name, module] of Object.entries(wapc)) wapcContract(runner, `${title} ${name}`, module, makeWapc);
  }
}

/** Everything that the sandbox must do in any host: the contract of honest guests, then of hostile ones. */
export function sandboxContract(runner: Runner, control: Control, toolchains: readonly Guests[]): void {
  toolchainContract(runner, control, toolchains);
  hostCallsContract(runner, control);
  hostileHostCallsContract(runner, control);
  hostileContract(runner, guestMaker(control, 'wasi-reactor'));
  hostileWapcContract(runner, guestMaker(control, 'wapc'));
  hostileRegoContract(runner, guestMaker(control, 'rego'));
}
