import { readModule } from '@ostiary/wasm';
import { CAPABILITIES, type Capability } from './capabilities.ts';

/**
 * Whether a module is compiled Rego: the compiler's exports begin with `opa_`.
 *
 * @throws {WasmError} When the bytes are no module.
 */
export function isRego(wasm: Uint8Array): boolean {
  return readModule(wasm).exports.some((entry) => entry.name.startsWith('opa_'));
}

const DATA_SECTION = 11;

/**
 * Host operations that a module seems to call: the texts of both namespace and operation are in its data. A guess, in
 * both directions: texts may be put together at run time, or be there for another reason.
 *
 * @throws {WasmError} When the bytes are no module.
 */
export function detectCapabilities(wasm: Uint8Array): readonly Capability[] {
  const section = readModule(wasm).sections.find(({ id }) => id === DATA_SECTION);
  if (section === undefined) return [];
  const data = Buffer.from(wasm.buffer, wasm.byteOffset + section.start, section.end - section.start);
  return CAPABILITIES.filter((capability) => {
    const { namespace, operation } = partsOf(capability);
    return data.includes(namespace) && mentions(data, operation);
  }).toSorted();
}

function partsOf(capability: Capability): { readonly namespace: string; readonly operation: string } {
  const slash = capability.indexOf('/');
  return { namespace: capability.slice(0, slash), operation: capability.slice(slash + 1) };
}

const OPERATIONS = CAPABILITIES.map((capability) => partsOf(capability).operation);

/** True if the text occurs otherwise than as the beginning of a longer operation. */
function mentions(data: Buffer, operation: string): boolean {
  const longer = OPERATIONS.filter((other) => other !== operation && other.startsWith(operation));
  for (let at = data.indexOf(operation); at !== -1; at = data.indexOf(operation, at + 1)) {
    const isLonger = longer.some((other) => data.subarray(at, at + other.length).equals(Buffer.from(other)));
    if (!isLonger) return true;
  }
  return false;
}
