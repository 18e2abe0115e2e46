import type { CallState } from '../call-state.ts';
import type { Control } from '../control.ts';
import type { GuestMemory } from '../memory.ts';

/** What the WASI functions of one instance need: its memory and the call it is in right now. */
export interface WasiContext {
  /** Set right after instantiation; a start section that calls the host before has no memory to point at. */
  memory: GuestMemory;
  state: CallState;
  readonly control: Control;
  readonly outputLimit: number;
  /** Whether stdout is the guest's answer; if not (waPC) it is diagnostics, like stderr. */
  readonly answersOnStdout: boolean;
  /** The command line; empty for a guest that is no command. */
  args: readonly string[];
  /** Set while a command starts: its first read of stdin leaves it by this exception. */
  parking: boolean;
  readonly random: (target: Uint8Array) => void;
  /** Wall clock, milliseconds since 1970 with fractions. */
  readonly wallClock: () => number;
  /** Monotonic clock, milliseconds with fractions. */
  readonly monotonicClock: () => number;
}

/** A WASI function: i32 arrives as number, i64 as bigint. */
export type WasiFunction = (...args: never[]) => number;
export type WasiFamily = (context: WasiContext) => Record<string, WasiFunction>;
