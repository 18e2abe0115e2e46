export type { AbiName } from './abi.ts';
export { controlOf, createControl, createTicker, TICK_MS, type Control } from './control.ts';
export { SandboxError, type SandboxErrorCode } from './errors.ts';
export { createGuest, type Guest, type GuestHost } from './guest.ts';
export { compileGuest, type CompileOptions, type GuestImage } from './image.ts';
export {
  DEFAULT_LIMITS,
  type Completed,
  type Failed,
  type Failure,
  type FailureCode,
  type Limits,
  type Outcome,
} from './outcome.ts';
