import { readModule, rewrite, WasmError, type MemoryImport, type Rewritten, type SnapshotMode } from '@ostiary/wasm';
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
  /** Default `dirty-map`. */
  readonly snapshot?: SnapshotMode;
}

/** A compiled module that guests are made from. It can be sent to other threads, which then share its code. */
export interface GuestImage {
  readonly abi: AbiName;
  readonly module: WebAssembly.Module;
  /** The linear memory that the host makes for each instance; undefined for a module that has none. */
  readonly memory: Rewritten['memory'];
  /** Pages of 64 KiB that the module starts with. */
  readonly startPages: number;
  /** How the state after initialisation is put back after each call; `none`: every call has an instance of its own. */
  readonly snapshot: SnapshotMode;
  /** Whether a command can go on at its first read of stdin. */
  readonly resumable: boolean;
  /** Where the control page is imported. */
  readonly control: Rewritten['control'];
}

const PAGE = 65_536;

/**
 * Checks a module against its ABI, bounds its memory, makes it interruptible and compiles it.
 *
 * @throws SandboxError `invalid-module`, `missing-export`, `wrong-signature`, `unknown-import` or `memory-limit`
 */
export function compileGuest(
  bytes: Uint8Array,
  { abi, operations, memoryBytes, snapshot = 'dirty-map' }: CompileOptions,
): GuestImage {
  try {
    checkShape(readModule(bytes), ABIS[abi], operations);
    const maxPages = Math.floor(memoryBytes / PAGE);
    const { bytes: code, memory, control, info } = rewrite(bytes, { interrupt: true, maxPages, snapshot });
    const resumable = abi === 'wasi-command' && info.resumable;
    const module = new WebAssembly.Module(code);
    const startPages = memory?.limits.initial ?? 0;
    return { abi, module, memory: memory && reserved(memory, snapshot), startPages, snapshot, resumable, control };
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) {
      throw new SandboxError('invalid-module', `can't be compiled after rewriting: ${error.message}`, { cause: error });
    }
    if (!(error instanceof WasmError)) throw error;
    if (error.code === 'malformed') throw invalid(bytes);
    const code = error.code === 'limit' ? 'memory-limit' : 'invalid-module';
    throw new SandboxError(code, `can't be run safely: ${error.message}`, { cause: error });
  }
}

/**
 * With tracked writes the host's memory is as large as it can get from the start: it costs address space alone, and no
 * call can tell from what traps whether an earlier one has grown it. The guest sees the size that it asked for.
 */
function reserved(memory: MemoryImport, snapshot: SnapshotMode): MemoryImport {
  const { maximum } = memory.limits;
  return snapshot === 'dirty-map' ? { ...memory, limits: { initial: maximum, maximum } } : memory;
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
