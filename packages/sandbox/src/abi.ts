import type { Program } from './rego/program.ts';
import type { Exchange } from './wapc/host.ts';
import type { WasiContext } from './wasi/context.ts';

export type AbiName = 'wasi-reactor' | 'wasi-command' | 'wapc' | 'rego';

/** What a Rego module is given beside its input: settings, or what a cluster holds. */
export interface DataDocument {
  /** Another one whenever the bytes change. */
  readonly version: number;
  /** JSON; not to be changed afterwards. */
  readonly bytes: Uint8Array;
}

/** What the host functions of one instance share. */
export interface InstanceContext extends WasiContext {
  /** The operation of the current call; waPC guests ask for it by name. */
  operation: string;
  /** waPC only: the state of the current guest call. */
  exchange: Exchange | undefined;
  /** rego only: the module once it has started, and the data document that it has read. */
  rego: Program | undefined;
  readonly data: DataDocument | undefined;
  readonly log: (text: string) => void;
  /** The longest answer of its host that the guest can take, in bytes. */
  readonly answerLimit: number;
  /** Whether the module is a Go command that can go on at its first read of stdin. */
  readonly resumable: boolean;
}

/** How a family of guests is talked to. One folder per ABI implements it. */
export interface Abi {
  readonly name: AbiName;
  /** Signature per importable function, by import module: `i` i32, `I` i64, then `:` and the results. */
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Where a guest may import its memory from; undefined when it has to bring its own. */
  readonly importsMemory?: { readonly module: string; readonly name: string };
  /** Exports every guest must have besides its operations; same notation. */
  readonly requiredExports: Readonly<Record<string, string>>;
  /** Whether each operation is an export of its own. */
  readonly operationsAreExports: boolean;
  readonly answersOnStdout: boolean;
  /** Whether the start-up already depends on the operation, so that each one has a snapshot of its own. */
  readonly startsPerOperation: boolean;
  makeImports(context: InstanceContext): WebAssembly.Imports;
  /** Runs the guest's own start-up, in a fresh instance. May throw NotParked. */
  initialise(exports: WebAssembly.Exports, context: InstanceContext): void;
  /** Runs one operation; output and failures are in the context's state afterwards. */
  invoke(exports: WebAssembly.Exports, context: InstanceContext): void;
}

/** Calls an export that takes no parameters, if the guest has it. */
export function callIfExported(exports: WebAssembly.Exports, name: string): void {
  const entry = exports[name];
  if (typeof entry === 'function') entry();
}
