const METADATA_SECTION = 'io.kubewarden.metadata';
/** What the Rust policy has in its data so that variants of it can be made. */
const MARKER = 'variant-';
const DIGITS = 4;

export type ExecutionMode = 'kubewarden-wapc' | 'wasi' | 'opa' | 'gatekeeper';

/** The module with the metadata that says how it is to be run (contract: policy-server §7.1). */
export function annotated(module: Uint8Array, executionMode: ExecutionMode): Buffer {
  const metadata = {
    protocolVersion: 'v1',
    rules: [],
    annotations: {},
    mutating: false,
    contextAwareResources: [],
    executionMode,
  };
  return Buffer.concat([module, customSection(METADATA_SECTION, JSON.stringify(metadata))]);
}

/**
 * The module as another one: its data and its custom sections differ from those of every other number, so that neither
 * digests nor caches of code take them for the same. Throws when the module lacks the marker.
 */
export function variant(module: Uint8Array, number: number): Buffer {
  const copy = Buffer.from(module);
  const at = copy.indexOf(MARKER);
  if (at < 0) throw new Error(`the module has no text "${MARKER}" to make variants by`);
  copy.write(String(number).padStart(DIGITS, '0'), at + MARKER.length, 'latin1');
  return Buffer.concat([copy, customSection('variant', String(number))]);
}

function customSection(name: string, content: string): Buffer {
  const body = Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from(content)]);
  return Buffer.concat([Buffer.from([0, ...unsignedLeb(body.length)]), body]);
}

function unsignedLeb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(value >>> 7)];
}
