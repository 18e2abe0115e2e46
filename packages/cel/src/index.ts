export { compile, evaluate } from './compile.ts';
export type { Compiled, EvaluateOptions, Program } from './compile.ts';
export { groupEnvironment, MATCH_CONDITIONS, STANDARD, withVariables } from './environment.ts';
export type { Environment } from './environment.ts';
export { CelError } from './error.ts';
export type { CelErrorCode, SourceProblem } from './error.ts';
export type { Authorize, AuthorizerDecision, AuthorizerQuery } from './evaluate/meter.ts';
export { AUTHORIZER_VALUE } from './library/authorizer.ts';
export { parseQuantity } from './library/quantity.ts';
export { DEFAULT_COST_LIMIT } from './limits.ts';
export type { Expression } from './syntax/ast.ts';
export { RESERVED_WORDS } from './syntax/parser.ts';
export { print } from './syntax/print.ts';
export {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  formatType,
  INT,
  listOf,
  mapOf,
  NULL,
  objectType,
  optionalOf,
} from './types.ts';
export { STRING, TIMESTAMP, UINT, type Type } from './types.ts';
export { CelMap, Duration, fromJson, Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from './value.ts';
