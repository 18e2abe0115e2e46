export { assemble, type FunctionText, type ImportText, type ModuleText } from './module.ts';
export type { LimitsText, Signature, ValueType } from './types.ts';
