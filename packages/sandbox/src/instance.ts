import { SNAPSHOT_EXPORTS } from '@ostiary/wasm';
import type { InstanceContext } from './abi.ts';
import { ABIS } from './abis.ts';
import { newStartState, type CallState } from './call-state.ts';
import type { GuestHost } from './guest.ts';
import { HOST_ANSWER_LIMIT } from './host-calls.ts';
import type { GuestImage } from './image.ts';
import { GuestMemory } from './memory.ts';
import { DEFAULT_LIMITS } from './outcome.ts';
import { NotParked } from './stop.ts';

/** A guest that has been instantiated: what it exports, and what its host functions work on. */
export interface Instance {
  readonly exports: WebAssembly.Exports;
  readonly context: InstanceContext;
}

/**
 * Instantiates a guest and runs its own start-up, which has a state of its own: it sees nothing of the call that it may
 * be run for. Throws what the guest throws.
 */
export function instantiate(image: GuestImage, host: GuestHost, operation: string, startState: CallState): Instance {
  try {
    return startInstance(image, host, operation, startState);
  } catch (error) {
    if (!(error instanceof NotParked)) throw error;
    return startInstance({ ...image, resumable: false }, host, operation, newStartState(host.startCalls));
  }
}

function startInstance(image: GuestImage, host: GuestHost, operation: string, startState: CallState): Instance {
  const memory = image.memory && new WebAssembly.Memory(image.memory.limits);
  const context = contextOf(image, host, operation, startState, memory);
  const { exports } = new WebAssembly.Instance(image.module, importsOf(image, host, context, memory));
  ABIS[image.abi].initialise(exports, context);
  return { exports, context };
}

/** An instance that can be put back to the state it had when it was made. */
export interface Slot extends Instance {
  /** The memory at its snapshot, and the copy of it. */
  readonly heldBytes: number;
  /** Whether the guest has asked for more memory than it may have since the state was put back. */
  wasRefusedMemory(): boolean;
  /**
   * Whether the last call grew the memory beyond what it was made with: a later call could tell by what traps, and pages
   * that were used once stay with the process even when they are zero again.
   */
  hasOutgrown(): boolean;
  /** Puts the state back; false when that is not possible and the slot is spent. */
  restore(): boolean;
}

const PAGE = 65_536;

/** Instantiates a guest and takes its snapshot. Throws what the guest's start-up throws. */
export function makeSlot(image: GuestImage, host: GuestHost, operation: string, startState: CallState): Slot {
  const instance = instantiate(image, host, operation, startState);
  const { exports, context } = instance;
  const save = exports[SNAPSHOT_EXPORTS.save] as () => void;
  const restore = exports[SNAPSHOT_EXPORTS.restore] as () => number;
  const pages = exports[SNAPSHOT_EXPORTS.pages] as WebAssembly.Global<'i32'>;
  const refused = exports[SNAPSHOT_EXPORTS.refused] as WebAssembly.Global<'i32'>;
  const shadow = exports[SNAPSHOT_EXPORTS.shadow] as WebAssembly.Memory | undefined;
  save();
  // Saving may grow the shadow memory, so the view of the map is taken afterwards.
  const map = shadow && image.snapshot === 'dirty-map' ? new Uint8Array(shadow.buffer) : undefined;
  const { value: savedPages } = pages;
  if (shadow) context.memory.track({ pages, leastPages: savedPages, map });
  const room = Math.max(image.memory?.limits.initial ?? 0, savedPages);
  return {
    ...instance,
    heldBytes: 2 * savedPages * PAGE,
    wasRefusedMemory: () => refused.value !== 0,
    hasOutgrown: () => pages.value > room,
    restore: () => restore() === 0,
  };
}

function contextOf(
  image: GuestImage,
  host: GuestHost,
  operation: string,
  state: CallState,
  memory: WebAssembly.Memory | undefined,
): InstanceContext {
  const random = host.random ?? ((target) => void crypto.getRandomValues(target as Uint8Array<ArrayBuffer>));
  const wallClock = host.wallClock ?? (() => Date.now());
  const monotonicClock = host.monotonicClock ?? (() => performance.now());
  const log = host.log ?? (() => undefined);
  const context: InstanceContext = {
    // A guest without memory has nothing to point at: every pointer is outside.
    memory: new GuestMemory(memory ?? new WebAssembly.Memory({ initial: 0, maximum: 0 })),
    state,
    operation,
    resumable: image.resumable,
    args: [],
    parking: false,
    exchange: undefined,
    rego: undefined,
    data: host.data?.(),
    control: host.control,
    outputLimit: host.outputBytes ?? DEFAULT_LIMITS.outputBytes,
    answerLimit: Math.min(HOST_ANSWER_LIMIT, (image.memory?.limits.maximum ?? 0) * PAGE),
    answersOnStdout: ABIS[image.abi].answersOnStdout,
    random: (target) => (context.state.world ? context.state.world.random(target) : random(target)),
    wallClock: () => context.state.world?.wallClock() ?? wallClock(),
    monotonicClock: () => context.state.world?.monotonicClock() ?? monotonicClock(),
    log: (text) => (context.state.host?.log ? context.state.host.log(text) : log(text)),
  };
  return context;
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
