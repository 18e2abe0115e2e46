import type { InstanceContext } from './abi.ts';
import { ABIS } from './abis.ts';
import { concat, newCallState, type CallState } from './call-state.ts';
import { arm, disarm, isStopped, remaining, type Control } from './control.ts';
import { failureOf } from './failure.ts';
import type { GuestImage } from './image.ts';
import { GuestMemory } from './memory.ts';
import { DEFAULT_LIMITS, type Outcome } from './outcome.ts';

/** What a guest may use of its host; everything but the control page has a default. */
export interface GuestHost {
  /** The page of the thread that calls the guest; a ticker must run on another thread for deadlines to hold. */
  readonly control: Control;
  readonly timeoutMs?: number;
  readonly outputBytes?: number;
  readonly random?: (target: Uint8Array) => void;
  readonly wallClock?: () => number;
  readonly monotonicClock?: () => number;
  /** Diagnostics of the guest (waPC `__console_log`). */
  readonly log?: (text: string) => void;
}

/** A loaded module that can be called, one call at a time. */
export interface Guest {
  /**
   * Runs one operation on the concatenation of `input`. Whatever an earlier call did, trapped on or left behind, this
   * one sees the state that the module has right after its initialisation.
   */
  call(operation: string, input: readonly Uint8Array[]): Outcome;
}

export function createGuest(image: GuestImage, host: GuestHost): Guest {
  const timeoutMs = host.timeoutMs ?? DEFAULT_LIMITS.timeoutMs;
  return {
    call(operation, input) {
      const started = performance.now();
      for (;;) {
        const state = newCallState(input);
        arm(host.control, timeoutMs);
        const thrown = runOnce(image, host, operation, state);
        // The ticker may stop a call that has just ended and hit the next one instead: only the clock can tell.
        const late = isStopped(host.control) && remaining(host.control) > 0;
        const overdue = remaining(host.control) <= 0;
        disarm(host.control);
        if (thrown && late && !state.stopped) continue;
        const micros = Math.round((performance.now() - started) * 1000);
        const failure = failureOf(thrown, state, { overdue, timeoutMs });
        if (failure) return { ok: false, failure, micros };
        return { ok: true, output: concat(state.output, state.outputLength), micros };
      }
    },
  };
}

/** A fresh instance for one call. Returns what was thrown, wrapped so that a thrown undefined counts too. */
function runOnce(
  image: GuestImage,
  host: GuestHost,
  operation: string,
  state: CallState,
): { readonly error: unknown } | undefined {
  const abi = ABIS[image.abi];
  try {
    const memory = image.memory && new WebAssembly.Memory(image.memory.limits);
    const context = instanceContext(image, host, operation, state, memory);
    const instance = new WebAssembly.Instance(image.module, importsOf(image, host, context, memory));
    abi.initialise(instance.exports, context);
    abi.invoke(instance.exports, context);
    return undefined;
  } catch (error) {
    return { error };
  }
}

function instanceContext(
  image: GuestImage,
  host: GuestHost,
  operation: string,
  state: CallState,
  memory: WebAssembly.Memory | undefined,
): InstanceContext {
  return {
    // A guest without memory has nothing to point at: every pointer is outside.
    memory: new GuestMemory(memory ?? new WebAssembly.Memory({ initial: 0, maximum: 0 })),
    state,
    operation,
    exchange: undefined,
    control: host.control,
    outputLimit: host.outputBytes ?? DEFAULT_LIMITS.outputBytes,
    answersOnStdout: ABIS[image.abi].answersOnStdout,
    random: host.random ?? ((target) => void crypto.getRandomValues(target as Uint8Array<ArrayBuffer>)),
    wallClock: host.wallClock ?? (() => Date.now()),
    monotonicClock: host.monotonicClock ?? (() => performance.now()),
    log: host.log ?? (() => undefined),
  };
}

function importsOf(
  image: GuestImage,
  host: GuestHost,
  context: InstanceContext,
  memory: WebAssembly.Memory | undefined,
): WebAssembly.Imports {
  const imports = ABIS[image.abi].makeImports(context);
  const provide = (place: { readonly module: string; readonly name: string }, value: WebAssembly.Memory): void => {
    imports[place.module] = { ...imports[place.module], [place.name]: value };
  };
  if (image.control) provide(image.control, host.control.memory);
  if (image.memory && memory) provide(image.memory, memory);
  return imports;
}
