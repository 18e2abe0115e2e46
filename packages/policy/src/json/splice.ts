/** Other bytes in place of a range of a document; positions as in the document, end exclusive. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/**
 * `bytes[start, end)` with the edits that lie in it, as segments: nothing is copied. The edits must not overlap.
 */
export function splice(bytes: Uint8Array, start: number, end: number, edits: readonly Edit[]): Uint8Array[] {
  const inside = edits.filter((edit) => edit.start >= start && edit.end <= end).sort((a, b) => a.start - b.start);
  const segments: Uint8Array[] = [];
  let at = start;
  for (const edit of inside) {
    segments.push(bytes.subarray(at, edit.start), edit.bytes);
    at = edit.end;
  }
  segments.push(bytes.subarray(at, end));
  return segments;
}
