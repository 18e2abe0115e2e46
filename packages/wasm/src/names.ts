import { Reader } from './binary/reader.ts';
import { customSections } from './binary/sections.ts';
import { WasmError } from './errors.ts';

/** Subsection of the `name` section that holds function names (WebAssembly core specification, appendix). */
const FUNCTION_NAMES = 1;

/**
 * Function names by function index, as far as the module carries them. A `name` section that can't be read gives no
 * names: it is a help for people, never a reason to refuse a module.
 */
export function functionNames(bytes: Uint8Array): Map<number, string> {
  const names = new Map<number, string>();
  try {
    for (const section of customSections(bytes, 'name')) readNames(new Reader(section), names);
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
  }
  return names;
}

function readNames(reader: Reader, names: Map<number, string>): void {
  while (!reader.done) {
    const id = reader.byte();
    const length = reader.u32();
    if (id !== FUNCTION_NAMES) {
      reader.skip(length);
      continue;
    }
    for (let left = reader.count(); left > 0; left--) names.set(reader.u32(), reader.name());
  }
}
