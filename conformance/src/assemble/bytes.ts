/** Plain bytes; every encoder gives a new list, as modules here are small. */
export type Bytes = readonly number[];

/** An unsigned LEB128 integer. */
export function unsigned(value: number | bigint): Bytes {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return bytes;
}

/** A signed LEB128 integer. */
export function signed(value: number | bigint): Bytes {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    // The sign is bit 6 of the last byte.
    const isLast = (low & 0x40) === 0 ? rest === 0n : rest === -1n;
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

/** A name: its length in bytes, then UTF-8. */
export function name(text: string): Bytes {
  const bytes = new TextEncoder().encode(text);
  return [...unsigned(bytes.length), ...bytes];
}

/** A vector: the number of items, then the items. */
export function vector(items: readonly Bytes[]): Bytes {
  return [...unsigned(items.length), ...items.flat()];
}

/** A section, or nothing when it would be an empty vector. */
export function section(id: number, items: readonly Bytes[]): Bytes {
  return items.length === 0 ? [] : sized(id, vector(items));
}

/** An identifier, the length of the contents, the contents. */
export function sized(id: number, contents: Bytes): Bytes {
  return [id, ...unsigned(contents.length), ...contents];
}
