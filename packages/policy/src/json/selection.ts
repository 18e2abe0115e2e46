import { isPlain } from './tokens.ts';

/**
 * A tree of the members that a scan shall find. Built once per kind of document, by `select`.
 */
export interface Selection<Path extends string> {
  readonly root: Chosen<Path>;
  /** In the order in which they were given, which numbers them. */
  readonly paths: readonly Path[];
}

/** One step of the chosen paths. */
export interface Chosen<Path extends string> {
  /** The member's name as text and as bytes; member names that are chosen are ASCII without escapes. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly path: Path | undefined;
  /** The number of the path; -1 for a step that was not chosen itself. */
  readonly index: number;
  /** A bit of its own in an int32, by which a scan remembers that it met the name: 32 names at most. */
  readonly bit: number;
  readonly children: readonly Chosen<Path>[];
}

interface Growing<Path extends string> {
  readonly name: string;
  readonly bit: number;
  path: Path | undefined;
  index: number;
  readonly children: Map<string, Growing<Path>>;
}

/**
 * The selection of the members at `paths`, whose steps are separated by dots: `select('kind', 'request.uid')`. Throws
 * RangeError for more than 32 different steps.
 */
export function select<Path extends string>(...paths: readonly Path[]): Selection<Path> {
  let steps = 0;
  const root: Growing<Path> = { name: '', bit: 0, path: undefined, index: -1, children: new Map() };
  for (const [index, path] of paths.entries()) {
    let node = root;
    for (const name of path.split('.')) {
      const child = node.children.get(name) ?? {
        name,
        bit: 1 << steps++,
        path: undefined,
        index: -1,
        children: new Map(),
      };
      node.children.set(name, child);
      node = child;
    }
    node.path = path;
    node.index = index;
  }
  if (steps > 32) throw new RangeError(`a selection has at most 32 steps, this one ${steps}`);
  return { root: finished(root), paths };
}

function finished<Path extends string>(node: Growing<Path>): Chosen<Path> {
  const bytes = new TextEncoder().encode(node.name);
  const children = [...node.children.values()].map((child) => finished(child));
  return { name: node.name, bytes, path: node.path, index: node.index, bit: node.bit, children };
}

/** How a member name relates to a chosen one: the member itself, the same letters in another case, or neither. */
export type Match<Path extends string> = { readonly node: Chosen<Path>; readonly exact: boolean } | undefined;

/**
 * The chosen member that the name in `bytes[start, end)` (inside its quotes) stands for. Escapes are decoded before
 * comparing, so `"\u0072equest"` is `request`; case is folded the way Go's encoding/json does, Kelvin sign and long s
 * included.
 */
export function matchName<Path extends string>(
  parent: Chosen<Path>,
  bytes: Uint8Array,
  start: number,
  end: number,
): Match<Path> {
  // Nearly every name where something is chosen is a chosen one as it is written: bytes that are the same need no more.
  for (const node of parent.children) {
    if (node.bytes.length === end - start && startsWith(bytes, start, node.bytes)) return { node, exact: true };
  }
  if (!isPlain(bytes, start, end)) return matchDecoded(parent, bytes.subarray(start, end));
  for (const node of parent.children) {
    if (node.bytes.length !== end - start) continue;
    if (isSameButForCase(node.bytes, bytes, start)) return { node, exact: false };
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

/** Chosen names are letters and digits; only a letter equals another byte when bit 5 is ignored. */
function isSameButForCase(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i++) if ((name[i]! | 0x20) !== (bytes[start + i]! | 0x20)) return false;
  return true;
}

function matchDecoded<Path extends string>(parent: Chosen<Path>, quoted: Uint8Array): Match<Path> {
  const name: unknown = JSON.parse(`"${new TextDecoder().decode(quoted)}"`);
  for (const node of parent.children) {
    if (node.name === name) return { node, exact: true };
    if (typeof name === 'string' && foldCase(node.name) === foldCase(name)) return { node, exact: false };
  }
  return undefined;
}

/** Lower, then upper: K (Kelvin) becomes k becomes K, and long s becomes S. */
export function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase();
}
