import { readModule, rewrite, WasmError, type Rewritten } from '@ostiary/wasm';
import { ABIS } from './abis.ts';
import type { AbiName } from './abi.ts';
import { SandboxError } from './errors.ts';
import { checkShape } from './shape.ts';

export interface CompileOptions {
  readonly abi: AbiName;
  /** What will be called: exports for `wasi-reactor`, operation names for `wapc`. */
  readonly operations: readonly string[];
  /** The most linear memory a guest may have, in bytes; rounded down to pages of 64 KiB. */
  readonly memoryBytes: number;
}

/** A compiled module that guests are made from. It can be sent to other threads, which then share its code. */
export interface GuestImage {
  readonly abi: AbiName;
  readonly module: WebAssembly.Module;
  /** The linear memory that the host makes for each instance; undefined for a module that has none. */
  readonly memory: Rewritten['memory'];
  /** Where the control page is imported. */
  readonly control: Rewritten['control'];
}

const PAGE = 65_536;

/**
 * Checks a module against its ABI, bounds its memory, makes it interruptible and compiles it.
 *
 * @throws SandboxError `invalid-module`, `missing-export`, `wrong-signature`, `unknown-import` or `memory-limit`
 */
export function compileGuest(bytes: Uint8Array, { abi, operations, memoryBytes }: CompileOptions): GuestImage {
  // The original is validated, not only what becomes of it: rewriting adds indices that must not make sense before.
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) throw invalid(bytes);
  try {
    checkShape(readModule(bytes), ABIS[abi], operations);
    const rewritten = rewrite(bytes, { interrupt: true, maxPages: Math.floor(memoryBytes / PAGE) });
    return { abi, module: new WebAssembly.Module(rewritten.bytes), memory: rewritten.memory, control: rewritten.control };
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) {
      throw new SandboxError('invalid-module', `can't be compiled after rewriting: ${error.message}`, { cause: error });
    }
    if (!(error instanceof WasmError)) throw error;
    const code = error.code === 'limit' ? 'memory-limit' : 'invalid-module';
    throw new SandboxError(code, `can't be run safely: ${error.message}`, { cause: error });
  }
}

/** Says why the bytes are not a module: what the compiler says, or plainly that they are something else. */
function invalid(bytes: Uint8Array): SandboxError {
  if (bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d) {
    return new SandboxError('invalid-module', 'is not a WebAssembly module: it does not start with \\0asm');
  }
  try {
    void new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    return new SandboxError('invalid-module', `is not a valid WebAssembly module: ${(error as Error).message}`);
  }
  return new SandboxError('invalid-module', 'is not a valid WebAssembly module');
}
