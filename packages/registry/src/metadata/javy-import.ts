import { readModule } from '@ostiary/wasm';
import { Cursor, joinSections, splitSections, textBytes, u32Bytes, writeSection } from './module-sections.ts';

/** What Javy's plugin imports, and what hosts provide under another module's name. */
const JAVY = { module: 'kubewarden:javy/host', name: 'call', provided: 'host' } as const;

const IMPORT_SECTION = 2;

/**
 * The module with the function import `kubewarden:javy/host`.`call` renamed to `host`.`call` (authoring contract §4.3,
 * step 8); the same bytes when it has none.
 *
 * @throws {WasmError} When the bytes are no module.
 */
export function rewriteJavyImport(wasm: Uint8Array): Uint8Array {
  const { imports } = readModule(wasm);
  const wanted = imports.map(
    (entry) => entry.kind === 'function' && entry.module === JAVY.module && entry.name === JAVY.name,
  );
  if (!wanted.includes(true)) return wasm;
  return joinSections(
    splitSections(wasm).map(({ id, bytes, payload }) =>
      id === IMPORT_SECTION ? writeSection(id, renameImports(payload, wanted)) : bytes,
    ),
  );
}

function renameImports(payload: Uint8Array, wanted: readonly boolean[]): Uint8Array {
  const cursor = new Cursor(payload);
  cursor.u32();
  const parts: Uint8Array[] = [u32Bytes(wanted.length)];
  for (const rename of wanted) {
    const start = cursor.position;
    cursor.text();
    const afterModule = cursor.position;
    cursor.text();
    skipDescription(cursor);
    if (rename) parts.push(textBytes(JAVY.provided), payload.subarray(afterModule, cursor.position));
    else parts.push(payload.subarray(start, cursor.position));
  }
  return Buffer.concat(parts);
}

/** Passes over what kind of thing is imported: the reader of the module has already found it well formed. */
function skipDescription(cursor: Cursor): void {
  switch (cursor.byte()) {
    case 0:
      cursor.u32();
      return;
    case 1:
      skipValueType(cursor);
      skipLimits(cursor);
      return;
    case 2:
      skipLimits(cursor);
      return;
    case 3:
      skipValueType(cursor);
      cursor.byte();
      return;
    default:
      cursor.byte();
      cursor.u32();
  }
}

/** One byte, or one of the two prefixes of a typed reference and its heap type. */
function skipValueType(cursor: Cursor): void {
  const code = cursor.byte();
  if (code === 0x63 || code === 0x64) skipLeb(cursor);
}

function skipLimits(cursor: Cursor): void {
  const flags = cursor.byte();
  skipLeb(cursor);
  if ((flags & 0x01) !== 0) skipLeb(cursor);
  if ((flags & 0x08) !== 0) skipLeb(cursor);
}

function skipLeb(cursor: Cursor): void {
  while (!cursor.done && cursor.byte() >= 0x80);
}
