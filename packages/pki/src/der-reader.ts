/** One element as it stands in the text it was read from. */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly whole: Buffer;
}

/**
 * Splits DER into the elements that stand side by side in it. It reads only what a certificate that
 * `node:crypto` has accepted can hold: single-octet tags and definite lengths. Throws RangeError on anything else.
 */
export function readElements(der: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let offset = 0; offset < der.length;) {
    const { contentStart, contentEnd } = readHeader(der, offset);
    elements.push({
      tag: der.readUInt8(offset),
      content: der.subarray(contentStart, contentEnd),
      whole: der.subarray(offset, contentEnd),
    });
    offset = contentEnd;
  }
  return elements;
}

function readHeader(der: Buffer, offset: number): { contentStart: number; contentEnd: number } {
  const first = der.readUInt8(offset + 1);
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthOctets > 4) throw new RangeError('the DER length is indefinite or too large');
  const length = lengthOctets === 0 ? first : der.readUIntBE(offset + 2, lengthOctets);
  const contentStart = offset + 2 + lengthOctets;
  const contentEnd = contentStart + length;
  if (contentEnd > der.length) throw new RangeError('the DER element is longer than its text');
  return { contentStart, contentEnd };
}
