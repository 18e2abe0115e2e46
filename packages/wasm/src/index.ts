export type { FunctionType, GlobalType, MemoryType, TableType, TypeDefinition, ValueType } from './binary/types.ts';
export { customSections } from './binary/sections.ts';
export { WasmError, type WasmErrorCode } from './errors.ts';
export {
  functionType,
  importedCount,
  type CustomSection,
  type Export,
  type ExternalKind,
  type Import,
  type Module,
  type Section,
} from './module.ts';
export { functionNames } from './names.ts';
export { readModule } from './read-module.ts';
export {
  CONTROL_IMPORT,
  HOST_MODULE,
  markWritten,
  MEMORY_IMPORT,
  RESUME_EXPORTS,
  SNAPSHOT_EXPORTS,
  STOP_FLAG_OFFSET,
  type MemoryImport,
  type RewriteInfo,
  type RewriteOptions,
  type Rewritten,
  type SnapshotMode,
} from './rewrite/options.ts';
export { rewrite } from './rewrite/rewrite.ts';
