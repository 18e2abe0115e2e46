import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Scalar,
  type Alias,
  type Document,
  type ParsedNode,
  type YAMLMap,
} from 'yaml';
import type { MapEntry, MapNode, ScalarNode, SourceNode } from './node.ts';
import { isPlainCollectionTag, resolveTagged, type ResolvePlain } from './scalar.ts';
import { childPath, itemPath } from './path.ts';
import { MAX_DEPTH, MAX_WEIGHT, TOO_DEEP } from './limits.ts';

type Report = (offset: number, message: string, field?: string) => void;

interface Composition {
  readonly report: Report;
  readonly resolve: ResolvePlain;
  /** The last node that carried each anchor; undefined while the node itself is still being read. */
  readonly anchors: Map<string, SourceNode | undefined>;
}

interface Place {
  readonly path: string;
  readonly depth: number;
  /** Where to point for a node that has no text of its own. */
  readonly offset: number;
}

/** Turns a parsed document into nodes: follows aliases and merge keys, resolves scalars, reports what it can't. */
export function composeNode(document: Document.Parsed, resolve: ResolvePlain, report: Report): SourceNode {
  return compose(document.contents, { path: '', depth: 0, offset: 0 }, { report, resolve, anchors: new Map() });
}

function compose(node: ParsedNode | null | undefined, place: Place, composition: Composition): SourceNode {
  if (node === null || node === undefined) return nothing(place.offset);
  const offset = node.range[0];
  if (place.depth > MAX_DEPTH) {
    composition.report(offset, TOO_DEEP, place.path);
    return nothing(offset);
  }
  if (isAlias(node)) return followAlias(node, { ...place, offset }, composition);
  const { anchor } = node;
  if (anchor !== undefined) composition.anchors.set(anchor, undefined);
  const composed = bounded(composeContent(node, { ...place, offset }, composition), place, composition);
  if (anchor !== undefined) composition.anchors.set(anchor, composed);
  return composed;
}

function nothing(offset: number): ScalarNode {
  return { kind: 'scalar', value: null, offset, weight: 1 };
}

function bounded(node: SourceNode, place: Place, { report }: Composition): SourceNode {
  if (node.weight <= MAX_WEIGHT) return node;
  report(node.offset, 'the aliases repeat too much of the document', place.path);
  return nothing(node.offset);
}

function followAlias(alias: Alias, { path, offset }: Place, { anchors, report }: Composition): SourceNode {
  const target = anchors.get(alias.source);
  if (target !== undefined) return target;
  const cause = anchors.has(alias.source) ? 'stands inside the block it repeats' : 'has no anchor before it';
  report(offset, `the alias *${alias.source} ${cause}`, path);
  return nothing(offset);
}

function composeContent(node: Exclude<ParsedNode, Alias>, place: Place, composition: Composition): SourceNode {
  if (isScalar(node)) return composeScalar(node, place, composition);
  const kind = isSeq(node) ? 'list' : 'map';
  if (node.tag !== undefined && !isPlainCollectionTag(node.tag, kind)) reportTag(node.tag, place, composition);
  if (isMap(node)) return composeMap(node, place, composition);
  const { path, depth, offset } = place;
  const items = node.items.map((item, index) =>
    compose(item, { path: itemPath(path, index), depth: depth + 1, offset }, composition),
  );
  return { kind: 'list', items, offset, weight: weightOf(items) };
}

function composeScalar(scalar: Scalar.Parsed, place: Place, composition: Composition): ScalarNode {
  const text = String(scalar.value);
  const node = { kind: 'scalar', offset: place.offset, weight: 1 + text.length } as const;
  if (scalar.tag === undefined)
    return { ...node, value: scalar.type === Scalar.PLAIN ? composition.resolve(text) : text };
  const value = resolveTagged(scalar.tag, text);
  if (value === undefined) reportTag(scalar.tag, place, composition);
  return { ...node, value: value ?? null };
}

function reportTag(tag: string, { path, offset }: Place, { report }: Composition): void {
  report(offset, `the tag ${tag} is unknown or does not fit its value`, path);
}

function composeMap(map: YAMLMap.Parsed, place: Place, composition: Composition): MapNode {
  const { path, depth, offset } = place;
  const entries: MapEntry[] = [];
  const merged: MapNode[] = [];
  for (const pair of map.items) {
    const keyOffset = pair.key?.range[0] ?? offset;
    const key = compose(pair.key, { path, depth: depth + 1, offset: keyOffset }, composition);
    const valuePlace = { path: keyPath(path, key), depth: depth + 1, offset: keyOffset };
    const value = compose(pair.value, valuePlace, composition);
    if (isMergeKey(pair.key)) merged.push(...mergeSources(value, valuePlace, composition));
    else entries.push({ key, value });
  }
  return withMerged({ kind: 'map', entries, offset, weight: weightOfEntries(entries) }, merged);
}

function keyPath(path: string, key: SourceNode): string {
  return key.kind === 'scalar' ? childPath(path, String(key.value)) : path;
}

function isMergeKey(key: ParsedNode | null): boolean {
  return isScalar(key) && key.value === '<<' && key.type === Scalar.PLAIN && key.tag === undefined;
}

function mergeSources(value: SourceNode, { path }: Place, { report }: Composition): MapNode[] {
  const sources = value.kind === 'list' ? value.items : [value];
  const maps = sources.filter((source) => source.kind === 'map');
  if (maps.length < sources.length) report(value.offset, 'expected a mapping or a list of mappings to merge', path);
  return maps;
}

/** Adds the entries of the merged mappings whose keys are not there yet: explicit ones win, then earlier ones. */
function withMerged(map: MapNode, merged: readonly MapNode[]): MapNode {
  if (merged.length === 0) return map;
  const weight = map.weight + weightOf(merged);
  // Too heavy a map is left as it is for the caller to refuse, so that chains of merges can't grow memory either.
  if (weight > MAX_WEIGHT) return { ...map, weight };
  const keys = new Set(map.entries.map(({ key }) => keyIdentity(key)));
  const entries = [...map.entries];
  for (const entry of merged.flatMap((source) => source.entries)) {
    const identity = keyIdentity(entry.key);
    if (!keys.has(identity)) entries.push(entry);
    keys.add(identity);
  }
  return { ...map, entries, weight: weightOfEntries(entries) };
}

function keyIdentity(key: SourceNode): unknown {
  return key.kind === 'scalar' ? key.value : key;
}

function weightOf(nodes: readonly SourceNode[]): number {
  return nodes.reduce((sum, { weight }) => sum + weight, 1);
}

function weightOfEntries(entries: readonly MapEntry[]): number {
  return entries.reduce((sum, { key, value }) => sum + key.weight + value.weight, 1);
}
