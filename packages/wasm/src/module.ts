import type { FunctionType, GlobalType, MemoryType, TableType, TypeDefinition } from './binary/types.ts';
import { WasmError } from './errors.ts';

export type ExternalKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

/** Kinds are named as in the JavaScript interface of WebAssembly. */
export type Import = { readonly module: string; readonly name: string } & (
  | { readonly kind: 'function'; readonly typeIndex: number; readonly type: FunctionType }
  | { readonly kind: 'table'; readonly type: TableType }
  | { readonly kind: 'memory'; readonly type: MemoryType }
  | { readonly kind: 'global'; readonly type: GlobalType }
  | { readonly kind: 'tag'; readonly typeIndex: number; readonly type: FunctionType }
);

export interface Export {
  readonly name: string;
  readonly kind: ExternalKind;
  /** Into the index space of its kind, where imports come first. */
  readonly index: number;
}

/** The payload of a section: offsets into the module, the end exclusive. */
export interface Section {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** The payload of a custom section, without its name. */
export interface CustomSection {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * What a module declares, as plain data. The arrays are index spaces: imported entries come first, so that an index in
 * an export, or in an instruction, is a place in the array.
 */
export interface Module {
  readonly types: readonly TypeDefinition[];
  readonly imports: readonly Import[];
  /** The type index of each function. */
  readonly functions: readonly number[];
  readonly tables: readonly TableType[];
  readonly memories: readonly MemoryType[];
  readonly globals: readonly GlobalType[];
  /** The type index of each exception tag. */
  readonly tags: readonly number[];
  readonly exports: readonly Export[];
  /** Index of the start function. */
  readonly start: number | undefined;
  readonly elementSegments: number;
  readonly dataSegments: number;
  readonly customSections: readonly CustomSection[];
  /** The other sections, in the order of the file. */
  readonly sections: readonly Section[];
}

/** How many entries of an index space are imported. */
export function importedCount(module: Module, kind: ExternalKind): number {
  return module.imports.reduce((count, entry) => count + (entry.kind === kind ? 1 : 0), 0);
}

/** The signature of a function of the module. An index out of range is a `malformed` module. */
export function functionType(module: Pick<Module, 'types' | 'functions'>, index: number): FunctionType {
  return typeAt(module.types, module.functions[index] ?? -1);
}

/** The function type with this index; anything else there is a `malformed` module. */
export function typeAt(types: readonly TypeDefinition[], index: number, offset = 0): FunctionType {
  const type = types[index];
  if (type?.kind !== 'function') throw new WasmError('malformed', `type ${index} is not a function type`, offset);
  return type;
}
