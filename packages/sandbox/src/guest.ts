import type { DataDocument } from './abi.ts';
import { ABIS } from './abis.ts';
import { newCallState, newSinks, newStartState, type CallState } from './call-state.ts';
import { arm, disarm, stoppedRun, type Control } from './control.ts';
import { failureOf } from './failure.ts';
import type { HostCalls } from './host-calls.ts';
import type { GuestImage } from './image.ts';
import { instantiate, makeSlot, type Instance, type Slot } from './instance.ts';
import { DEFAULT_LIMITS, type Outcome } from './outcome.ts';

/** What a guest may use of its host; everything but the control page has a default. */
export interface GuestHost {
  /** The page of the thread that calls the guest; a ticker must run on another thread for deadlines to hold. */
  readonly control: Control;
  /** The longest call, in milliseconds. */
  readonly timeoutMs?: number;
  /** The longest start-up of an instance, in milliseconds; default: as long as a call. */
  readonly startTimeoutMs?: number;
  readonly outputBytes?: number;
  readonly random?: (target: Uint8Array) => void;
  readonly wallClock?: () => number;
  readonly monotonicClock?: () => number;
  /** Diagnostics of the guest (waPC `__console_log`). */
  readonly log?: (text: string) => void;
  /**
   * The data document of a Rego module, `{}` by default. It is read when an instance starts; a call that finds another
   * version replaces the instance first, and fails when that can't be done: it never answers from the old document.
   */
  readonly data?: () => DataDocument;
  /** Who answers host calls that the guest makes while it starts; what is not known then is refused. */
  readonly startCalls?: Pick<HostCalls, 'call'>;
}

/** A loaded module that can be called, one call at a time. */
export interface Guest {
  /**
   * Runs one operation on the concatenation of `input`. Whatever an earlier call did, trapped on or left behind, this
   * one sees the state that the module has right after its initialisation.
   *
   * @param host Who answers the guest's host calls; without it they are refused.
   */
  call(operation: string, input: readonly Uint8Array[], host?: HostCalls): Outcome;
  /** Makes the instance that the operation's next call will use, if there is none yet; undefined, or why it can't be made. */
  prepare(operation: string): Outcome | undefined;
  /** Linear memory that the guest's instances hold between calls, their snapshots included, in bytes. */
  heldBytes(): number;
  /** Gives the instances' memory back; the next call makes another. */
  release(): void;
}

export function createGuest(image: GuestImage, host: GuestHost): Guest {
  const timeoutMs = host.timeoutMs ?? DEFAULT_LIMITS.timeoutMs;
  const startTimeoutMs = host.startTimeoutMs ?? timeoutMs;
  const abi = ABIS[image.abi];
  const sinks = newSinks();
  /** By operation for ABIs that start differently for each, else one for all. */
  const slots = new Map<string, Slot>();
  const slotKey = (operation: string): string => (abi.startsPerOperation ? operation : '');

  /** The instance that is ready for a call, unless its data document has been replaced since it started. */
  const ready = (operation: string): Slot | undefined => {
    const slot = slots.get(slotKey(operation));
    return slot && slot.context.data?.version === host.data?.().version ? slot : undefined;
  };

  const start = (operation: string, startState: CallState): Instance => {
    if (image.snapshot === 'none') return instantiate(image, host, operation, startState);
    const slot = ready(operation) ?? makeSlot(image, host, operation, startState);
    slots.set(slotKey(operation), slot);
    return slot;
  };

  /** Puts the pristine state back, or drops the instance when that can't be done. */
  const restore = (operation: string, slot: Slot): void => {
    try {
      if (!slot.hasOutgrown() && slot.restore()) return;
    } catch {
      // Out of memory or a stop that came late: the instance is in an unknown state.
    }
    slots.delete(slotKey(operation));
  };

  const attempt = (operation: string, input: readonly Uint8Array[], calls: HostCalls | undefined): Attempt => {
    let instance: Instance | undefined = ready(operation);
    if (!instance) {
      const state = newStartState(host.startCalls);
      const limitMs = Math.min(startTimeoutMs, calls?.startLimitMs ?? Infinity);
      const made = limited(host.control, limitMs, () => start(operation, state));
      if (!made.value) return { ...made, state, limitMs, refusedMemory: false };
      instance = made.value;
    }
    const { exports, context } = instance;
    calls?.begin?.();
    const state = newCallState(input, sinks, calls);
    const limitMs = Math.max(0, Math.min(timeoutMs, calls?.limitMs ?? Infinity));
    context.state = state;
    context.operation = operation;
    const ran = limited(host.control, limitMs, () => abi.invoke(exports, context));
    const slot = slots.get(slotKey(operation));
    const refusedMemory = ran.thrown !== undefined && slot?.wasRefusedMemory() === true;
    if (slot) restore(operation, slot);
    return { ...ran, state, limitMs, refusedMemory };
  };

  return {
    call(operation, input, calls) {
      const started = performance.now();
      let result = attempt(operation, input, calls);
      while (result.late) result = attempt(operation, input, calls);
      return outcomeOf(result, performance.now() - started);
    },
    prepare(operation) {
      if (image.snapshot === 'none') return undefined;
      const state = newStartState(host.startCalls);
      const made = limited(host.control, startTimeoutMs, () => start(operation, state));
      return made.value ? undefined : outcomeOf({ ...made, state, limitMs: startTimeoutMs, refusedMemory: false }, 0);
    },
    heldBytes: () => [...slots.values()].reduce((sum, slot) => sum + slot.heldBytes, 0),
    release: () => slots.clear(),
  };
}

/** How a step of a call ended. */
interface Ended<T> {
  readonly value?: T | undefined;
  /** What was thrown, wrapped so that a thrown undefined counts too. */
  readonly thrown?: { readonly error: unknown } | undefined;
  /** The ticker stopped it. */
  readonly overdue: boolean;
  /** The ticker stopped it in place of an earlier step that had just ended. */
  readonly late: boolean;
}

type Attempt = Ended<unknown> & {
  readonly state: CallState;
  readonly limitMs: number;
  readonly refusedMemory: boolean;
};

/** Runs one step under a time limit. */
function limited<T>(control: Control, limitMs: number, run: () => T): Ended<T> {
  const number = arm(control, limitMs);
  try {
    return { value: run(), overdue: false, late: false };
  } catch (error) {
    const stopped = stoppedRun(control);
    return { thrown: { error }, overdue: stopped === number, late: stopped !== 0 && stopped !== number };
  } finally {
    disarm(control);
  }
}

function outcomeOf({ state, thrown, overdue, limitMs, refusedMemory }: Attempt, ms: number): Outcome {
  const micros = Math.round(ms * 1000);
  const failure = failureOf(thrown, state, { overdue, limitMs, refusedMemory });
  if (failure?.code === 'awaiting-host' && state.awaiting) {
    return { ok: false, failure: { ...failure, code: failure.code }, awaiting: state.awaiting, micros };
  }
  if (failure) return { ok: false, failure, micros };
  return { ok: true, output: state.output.take(), micros };
}
