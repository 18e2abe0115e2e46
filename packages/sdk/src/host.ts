/**
 * A host just large enough to try a guest in a test: fresh instance per call, no deadline, no limits, nothing of WASI but
 * standard input and output. What serves real requests is the sandbox.
 */

const EBADF = 8;
const STDIN = 0;
const STDOUT = 1;

/** What a call left behind. */
export interface Call {
  /** Whether the guest returned instead of trapping. */
  readonly returned: boolean;
  /** The trap's message; "" when the guest returned. */
  readonly trap: string;
  /** Standard output (WASI) or the guest's response (waPC). */
  readonly output: string;
  /** The guest's error text (waPC); "" when there is none. */
  readonly error: string;
  readonly stderr: string;
  /** The size of linear memory after the call, in bytes. */
  readonly memoryBytes: number;
}

/** How much a host hands over or accepts at once; small numbers exercise a guest's loops. */
export interface Transfer {
  readonly readBytes: number;
  readonly writeBytes: number;
}

const WHOLE: Transfer = { readBytes: Number.MAX_SAFE_INTEGER, writeBytes: Number.MAX_SAFE_INTEGER };

/** Calls a parameterless export of a module of the k8s-wasm specification with `input` on standard input. */
export function callWasi(
  module: WebAssembly.Module,
  name: string,
  input: string | Uint8Array,
  transfer: Transfer = WHOLE,
): Call {
  const stdio = new Stdio(Buffer.from(input), transfer);
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: stdio.imports() });
  stdio.memory = memoryOf(instance);
  const trap = attempt(() => exported(instance, name)());
  return finish(trap, stdio, stdio.text(STDOUT), '');
}

/** Calls a waPC operation of a Kubewarden policy with `payload`. A result of 0 without an error text is an error too. */
export function callWapc(module: WebAssembly.Module, operation: string, payload: string | Uint8Array): Call {
  const stdio = new Stdio(Buffer.alloc(0), WHOLE);
  const wapc = new Wapc(stdio, Buffer.from(operation), Buffer.from(payload));
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: stdio.imports(), wapc: wapc.imports() });
  stdio.memory = memoryOf(instance);
  let result: unknown = 0;
  const trap = attempt(() => {
    result = exported(instance, '__guest_call')(wapc.operation.length, wapc.payload.length);
  });
  const error = result === 0 && trap === '' && wapc.error === '' ? 'call was unsuccessful' : wapc.error;
  return finish(trap, stdio, wapc.response, error);
}

type Imports = Record<string, (...parameters: number[]) => number>;

class Stdio {
  memory: WebAssembly.Memory | undefined;
  readonly #input: Uint8Array;
  readonly #transfer: Transfer;
  readonly #written: [Uint8Array[], Uint8Array[]] = [[], []];
  #read = 0;

  constructor(input: Uint8Array, transfer: Transfer) {
    this.#input = input;
    this.#transfer = transfer;
  }

  imports(): Imports {
    return {
      fd_read: (fd = -1, iovecs = 0, count = 0, size = 0) => {
        if (fd !== STDIN) return EBADF;
        return this.#each(iovecs, count, size, this.#transfer.readBytes, (target) => {
          const chunk = this.#input.subarray(this.#read, this.#read + target.length);
          target.set(chunk);
          this.#read += chunk.length;
          return chunk.length;
        });
      },
      fd_write: (fd = -1, iovecs = 0, count = 0, size = 0) => {
        if (fd !== STDOUT && fd !== STDOUT + 1) return EBADF;
        return this.#each(iovecs, count, size, this.#transfer.writeBytes, (source) => {
          this.#written[fd - STDOUT]?.push(source.slice());
          return source.length;
        });
      },
    };
  }

  text(fd: 1 | 2): string {
    return Buffer.concat(this.#written[fd === 1 ? 0 : 1]).toString();
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory!.buffer, at, length);
  }

  /** Moves up to `limit` bytes through the listed buffers and stores how many were moved at `size`. */
  #each(iovecs: number, count: number, size: number, limit: number, move: (bytes: Uint8Array) => number): number {
    const view = new DataView(this.memory!.buffer);
    let moved = 0;
    for (let at = iovecs; at < iovecs + count * 8; at += 8) {
      const length = Math.min(view.getUint32(at + 4, true), limit - moved);
      moved += move(this.bytes(view.getUint32(at, true), length));
    }
    view.setUint32(size, moved, true);
    return 0;
  }
}

class Wapc {
  readonly operation: Uint8Array;
  readonly payload: Uint8Array;
  response = '';
  error = '';
  readonly #stdio: Stdio;

  constructor(stdio: Stdio, operation: Uint8Array, payload: Uint8Array) {
    this.#stdio = stdio;
    this.operation = operation;
    this.payload = payload;
  }

  imports(): Imports {
    return {
      __guest_request: (operation = 0, payload = 0) => {
        this.#stdio.bytes(operation, this.operation.length).set(this.operation);
        this.#stdio.bytes(payload, this.payload.length).set(this.payload);
        return 0;
      },
      __guest_response: (at = 0, length = 0) => {
        this.response = Buffer.from(this.#stdio.bytes(at, length)).toString();
        return 0;
      },
      __guest_error: (at = 0, length = 0) => {
        this.error = Buffer.from(this.#stdio.bytes(at, length)).toString();
        return 0;
      },
    };
  }
}

function memoryOf(instance: WebAssembly.Instance): WebAssembly.Memory {
  const memory = instance.exports['memory'];
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError('the module exports no memory');
  return memory;
}

function exported(instance: WebAssembly.Instance, name: string): (...parameters: number[]) => unknown {
  const value = instance.exports[name];
  if (typeof value !== 'function') throw new TypeError(`the module exports no function ${name}`);
  return value as (...parameters: number[]) => unknown;
}

/** The message of the trap that ended `run`; "" when it returned. Whatever isn't a trap is the test's own mistake. */
function attempt(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return error.message;
    throw error;
  }
}

function finish(trap: string, stdio: Stdio, output: string, error: string): Call {
  const memoryBytes = stdio.memory!.buffer.byteLength;
  return { returned: trap === '', trap, output, error, stderr: stdio.text(2), memoryBytes };
}
