import { readModule, rewrite, WasmError, type Module, type Rewritten } from '@ostiary/wasm';
import { reveal } from './reveal.ts';
import type { Variant } from './variants.ts';

/** A module made ready for one variant. */
export interface Prepared {
  readonly compiled: WebAssembly.Module;
  /** What it declares, the exports of {@link reveal} left out; undefined when it can't be read, and runs as it is. */
  readonly declared: Module | undefined;
  readonly rewritten: Rewritten | undefined;
}

/** Why there is nothing to run: the rewriter refuses the module, or the engine does. */
export type Unprepared =
  | { readonly refused: WasmError }
  | { readonly invalid: string }
  /** What must not happen. */
  | { readonly broken: string };

export function prepare(bytes: Uint8Array<ArrayBuffer>, variant: Variant): Prepared | Unprepared {
  const declared = tryRead(bytes);
  const revealed = declared ? reveal(bytes, declared) : bytes;
  if (!variant.options) return compile(revealed, declared, undefined);
  let rewritten: Rewritten;
  try {
    rewritten = rewrite(revealed, variant.options);
  } catch (error) {
    return error instanceof WasmError ? { refused: error } : { broken: `rewrite throws ${String(error)}` };
  }
  if (!WebAssembly.validate(rewritten.bytes))
    return { broken: `rewrite makes an invalid module: ${why(rewritten.bytes)}` };
  return compile(rewritten.bytes, declared, rewritten);
}

function tryRead(bytes: Uint8Array): Module | undefined {
  try {
    return readModule(bytes);
  } catch (error) {
    if (error instanceof WasmError) return undefined;
    throw error;
  }
}

function compile(
  bytes: Uint8Array<ArrayBuffer>,
  declared: Module | undefined,
  rewritten: Rewritten | undefined,
): Prepared | Unprepared {
  try {
    return { compiled: new WebAssembly.Module(bytes), declared, rewritten };
  } catch (error) {
    return { invalid: (error as Error).message };
  }
}

function why(bytes: Uint8Array<ArrayBuffer>): string {
  const result = compile(bytes, undefined, undefined);
  return 'invalid' in result ? result.invalid : 'it compiles';
}
