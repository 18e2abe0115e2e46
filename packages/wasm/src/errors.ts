/**
 * - `malformed`: the bytes are not a module, or not a valid one;
 * - `unsupported`: a module that may well be valid, but uses something named in the message that is not handled here;
 * - `limit`: the module asks for more memory or table space than it may have.
 */
export type WasmErrorCode = 'malformed' | 'unsupported' | 'limit';

/** The only error this room throws, whatever the bytes. The message names the cause, never the module's content. */
export class WasmError extends Error {
  override readonly name = 'WasmError';
  readonly code: WasmErrorCode;
  /** Byte offset in the module at which the problem was found. */
  readonly offset: number;

  constructor(code: WasmErrorCode, message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.code = code;
    this.offset = offset;
  }
}
