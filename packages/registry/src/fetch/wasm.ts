import { RegistryError } from '../errors.ts';

/** `\0asm`, which every module and component begins with. */
const MAGIC = Buffer.from([0x00, 0x61, 0x73, 0x6d]);

/** True if bytes begin as WebAssembly does. */
export function isWasm(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** Passes bytes on, and throws as soon as they can't be a module, or are more than `maxBytes`. */
export async function* onlyWasm(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  where: string,
): AsyncGenerator<Uint8Array> {
  let head: Uint8Array = new Uint8Array();
  let isChecked = false;
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxBytes) throw new RegistryError('too-large', `${where}: more than ${maxBytes} bytes`);
    if (isChecked) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < MAGIC.length) continue;
    if (!isWasm(head)) throw notWasm(where);
    isChecked = true;
    yield head;
  }
  if (!isChecked) throw notWasm(where);
}

export function notWasm(where: string): RegistryError {
  return new RegistryError('not-wasm', `${where}: invalid wasm file: it doesn't begin with \\0asm`);
}
