import { JsonError, unexpected } from './error.ts';
import { type Chosen, matchName, type Selection } from './selection.ts';
import { CLOSE_BRACE, COMMA, memberValue, nameEnd, OPEN_BRACE, skipSpace } from './tokens.ts';
import { valueEnd } from './value.ts';

/** Where a chosen member lies in the document: byte positions, ends exclusive. */
export interface Member {
  /** The opening quote of its name. */
  readonly name: number;
  /** Its value, without white space around it. */
  readonly start: number;
  readonly end: number;
}

/** The chosen members that the document has. */
export type Members<Path extends string> = { readonly [path in Path]?: Member };

/** The chosen members by the numbers of their paths: where there are many, names would cost more than the scan itself. */
export type MemberList = readonly (Member | undefined)[];

interface Scan {
  readonly bytes: Uint8Array;
  readonly found: (Member | undefined)[];
  /** The bits of the chosen names met so far. */
  seen: number;
}

/**
 * Checks that `bytes` is exactly one JSON document (RFC 8259, UTF-8, no more than `MAX_DEPTH` levels) and finds the
 * chosen members without building anything from the rest.
 *
 * A chosen member that occurs twice is an error, however its name is escaped: which one a guest's parser takes is
 * anybody's guess. So is one in another case (`Request`), because Go's encoding/json would take it for the member while
 * others would not; an API server writes the names exactly.
 *
 * A path below a member that is not an object is not found. Throws JsonError.
 */
export function scan<Path extends string>(bytes: Uint8Array, selection: Selection<Path>): Members<Path> {
  const found: { [path in Path]?: Member } = {};
  const list = scanList(bytes, selection);
  for (const [index, path] of selection.paths.entries()) {
    const member = list[index];
    if (member !== undefined) found[path] = member;
  }
  return found;
}

/** The same for selections of many members. */
export function scanList<Path extends string>(bytes: Uint8Array, selection: Selection<Path>): MemberList {
  const found = Array<Member | undefined>(selection.paths.length).fill(undefined);
  const state: Scan = { bytes, found, seen: 0 };
  const start = skipSpace(bytes, 0);
  const end = skipSpace(bytes, chosenEnd(state, selection.root, start, 0));
  if (end < bytes.length) throw new JsonError('trailing-bytes', 'invalid character after the JSON document', end);
  return found;
}

/** The end of a value whose members may be chosen. Recurses as deep as the selection, never as deep as the document. */
function chosenEnd(state: Scan, node: Chosen<string>, at: number, depth: number): number {
  const { bytes } = state;
  if (node.children.length === 0 || bytes[at] !== OPEN_BRACE) return valueEnd(bytes, at, depth);
  let i = skipSpace(bytes, at + 1);
  if (bytes[i] === CLOSE_BRACE) return i + 1;
  for (;;) {
    i = skipSpace(bytes, memberEnd(state, node, i, depth + 1));
    if (bytes[i] === CLOSE_BRACE) return i + 1;
    if (bytes[i] !== COMMA) throw unexpected(bytes, i, "',' or '}'");
    i = skipSpace(bytes, i + 1);
  }
}

/** The end of the member whose name starts at `at`; notes where it lies when it is chosen. */
function memberEnd(state: Scan, parent: Chosen<string>, at: number, depth: number): number {
  const { bytes, found } = state;
  const afterName = nameEnd(bytes, at);
  const start = memberValue(bytes, afterName);
  const match = matchName(parent, bytes, at + 1, afterName - 1);
  if (match === undefined) return valueEnd(bytes, start, depth);
  const { node, exact } = match;
  if (!exact) throw new JsonError('ambiguous-member', `member '${node.name}' is spelled in another case`, at);
  if ((state.seen & node.bit) !== 0) throw new JsonError('ambiguous-member', `member '${node.name}' occurs twice`, at);
  state.seen |= node.bit;
  const end = chosenEnd(state, node, start, depth);
  if (node.index >= 0) found[node.index] = { name: at, start, end };
  return end;
}
