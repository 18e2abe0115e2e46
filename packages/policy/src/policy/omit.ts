import type { Member } from '../json/scan.ts';
import type { Edit } from '../json/splice.ts';
import { COMMA, skipSpace } from '../json/tokens.ts';

const NOTHING = new Uint8Array();

/**
 * The edits that take members out of their objects, with one comma each: what is left is JSON again. `members` may lie
 * in several objects of one document that a scan has checked.
 */
export function withoutMembers(bytes: Uint8Array, members: readonly Member[]): Edit[] {
  const edits: Edit[] = [];
  let run: { start: number; end: number } | undefined;
  for (const { name, end } of members.toSorted((a, b) => a.name - b.name)) {
    const after = skipSpace(bytes, end);
    const next = bytes[after] === COMMA ? skipSpace(bytes, after + 1) : undefined;
    run = run?.end === name ? { start: run.start, end } : { start: name, end };
    if (next !== undefined) {
      // Neighbours that go together are one run, whose last member may be the one that has no comma behind it.
      run.end = next;
      if (members.some((member) => member.name === next)) continue;
    } else run.start = commaBefore(bytes, run.start);
    edits.push({ ...run, bytes: NOTHING });
    run = undefined;
  }
  return edits;
}

/** The comma before a member with the space between them; the member's own place when it is the first. */
function commaBefore(bytes: Uint8Array, at: number): number {
  let i = at - 1;
  while (bytes[i]! <= 0x20) i--;
  return bytes[i] === COMMA ? i : at;
}
