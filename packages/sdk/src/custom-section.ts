const CUSTOM_SECTION_ID = 0;

/** An unsigned LEB128 number (WebAssembly core specification §5.2.2). */
function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** The binary with a custom section added at its end (WebAssembly core specification §5.5.3); the input stays as it is. */
export function appendCustomSection(binary: Uint8Array, name: string, payload: Uint8Array): Uint8Array {
  const nameBytes = Buffer.from(name);
  const content = Buffer.concat([Buffer.from(leb128(nameBytes.length)), nameBytes, payload]);
  return Buffer.concat([binary, Buffer.from([CUSTOM_SECTION_ID, ...leb128(content.length)]), content]);
}
