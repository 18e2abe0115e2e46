import { customSections } from '@ostiary/wasm';

/** A section as it stands in the file. */
export interface RawSection {
  readonly id: number;
  /** Only custom sections have one. */
  readonly name: string | undefined;
  /** Header and payload. */
  readonly bytes: Uint8Array;
  readonly payload: Uint8Array;
}

const HEADER = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/**
 * The sections of a module in their order, as views of it.
 *
 * @throws {WasmError} When they can't be told apart.
 */
export function splitSections(wasm: Uint8Array): readonly RawSection[] {
  // Checks the header, every length, and the names; from here on reading can't leave the bytes.
  customSections(wasm, '');
  const sections: RawSection[] = [];
  for (const cursor = new Cursor(wasm, HEADER.length); !cursor.done;) {
    const start = cursor.position;
    const id = cursor.byte();
    const payload = cursor.take(cursor.u32());
    const name = id === 0 ? new Cursor(payload).text() : undefined;
    sections.push({ id, name, bytes: wasm.subarray(start, cursor.position), payload });
  }
  return sections;
}

/** A module of these sections. */
export function joinSections(sections: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([HEADER, ...sections]);
}

/** A section with its header. */
export function writeSection(id: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(id), u32Bytes(payload.length), payload]);
}

/** A custom section with its header. */
export function writeCustomSection(name: string, content: Uint8Array): Uint8Array {
  return writeSection(0, Buffer.concat([textBytes(name), content]));
}

/** An unsigned LEB128. */
export function u32Bytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Uint8Array.of(...bytes, rest);
}

/** A name with its length. */
export function textBytes(text: string): Uint8Array {
  const encoded = new TextEncoder().encode(text);
  return Buffer.concat([u32Bytes(encoded.length), encoded]);
}

/** A position in bytes that have been found well formed; beyond the end it reads zeros and empty views. */
export class Cursor {
  readonly bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  get done(): boolean {
    return this.position >= this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.position++] ?? 0;
  }

  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value >>> 0;
  }

  take(length: number): Uint8Array {
    const taken = this.bytes.subarray(this.position, this.position + length);
    this.position += length;
    return taken;
  }

  text(): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.take(this.u32()));
  }
}
