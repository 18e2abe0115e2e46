import { Reader } from '../binary/reader.ts';
import { Writer } from '../binary/writer.ts';
import { WasmError } from '../errors.ts';
import type { CustomSection } from '../module.ts';

/** Sections that speak of code by byte offset, or of the file as a linker input: wrong after any insertion. */
const STALE = /^(?:\.debug_|reloc\.|metadata\.code\.|linking$|sourceMappingURL$|external_debug_info$)/;

const LABEL_NAMES = 3;

/**
 * The content of a custom section in the rewritten module; undefined when it has to go.
 *
 * The `name` section stays, because no index changes and stack traces need it; only the names of labels go, which are
 * numbered by their order in a function, where inserted blocks would count too. Locals are added behind the guest's.
 */
export function keepCustomSection(bytes: Uint8Array, section: CustomSection): Uint8Array | undefined {
  if (STALE.test(section.name)) return undefined;
  if (section.name !== 'name') return bytes.subarray(section.start, section.end);
  return withoutLabels(new Reader(bytes, section.start, section.end));
}

/** A section that is not well formed is dropped: it names nothing anyway. */
function withoutLabels(reader: Reader): Uint8Array | undefined {
  const out = new Writer(reader.end - reader.position);
  try {
    while (!reader.done) {
      const start = reader.position;
      const id = reader.byte();
      reader.skip(reader.u32());
      if (id !== LABEL_NAMES) out.copy(reader.bytes, start, reader.position);
    }
    return out.toBytes();
  } catch (error) {
    if (error instanceof WasmError) return undefined;
    throw error;
  }
}
