export type { AbiName, DataDocument } from './abi.ts';
export { controlOf, createControl, createTicker, TICK_MS, type Control } from './control.ts';
export { SandboxError, type SandboxErrorCode } from './errors.ts';
export { createGuest, type Guest, type GuestHost } from './guest.ts';
export {
  describe as describeHostCall,
  HOST_ANSWER_LIMIT,
  HOST_PAYLOAD_LIMIT,
  refuseHostCall,
  type HostAnswer,
  type HostCall,
  type HostCalls,
} from './host-calls.ts';
export { compileGuest, type CompileOptions, type GuestImage } from './image.ts';
export { builtinTable, type BuiltinRow } from './rego/builtins/table.ts';
export {
  DEFAULT_LIMITS,
  isAwaiting,
  type Awaiting,
  type Completed,
  type Failed,
  type Failure,
  type FailureCode,
  type Limits,
  type Outcome,
} from './outcome.ts';
export { newSeed, plainSeed, type CallSeed } from './repeatable.ts';
