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
    const declared = readModule(bytes);
    checkShape(declared, ABIS[abi], operations);
    const maxPages = Math.floor(memoryBytes / PAGE);
    const { bytes: code, memory, control, info } = rewrite(bytes, { interrupt: true, maxPages, snapshot }, declared);
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

/** Room for a guest to grow in, in pages of 64 KiB: 4 MiB, or three times what it starts with if that is more. */
const ROOM = 64;
const ROOM_FACTOR = 4;

/**
 * With tracked writes the host's memory is larger than the guest knows from the start, so that growing within that room
 * changes nothing that a later call could tell, not even by what traps. A call that outgrows it costs the instance. The
 * room is not the whole maximum because putting state back looks at every page of the real memory.
 */
function reserved(memory: MemoryImport, snapshot: SnapshotMode): MemoryImport {
  if (snapshot !== 'dirty-map') return memory;
  const { initial, maximum } = memory.limits;
  return { ...memory, limits: { initial: Math.min(maximum, Math.max(initial * ROOM_FACTOR, ROOM)), maximum } };
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
