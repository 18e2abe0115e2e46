import type { Problem } from '../problem.ts';

/** The text a node comes from, able to tell where an offset stands. */
export interface Source {
  readonly file: string;
  /** Line and column of an offset in UTF-16 code units, both from 1. */
  position(offset: number): { readonly line: number; readonly column: number };
}

/**
 * A value of a YAML or JSON document that remembers where it stands. Aliases and merge keys are already followed,
 * so one node may be reached by several ways; there are no cycles.
 */
export type SourceNode = ScalarNode | ListNode | MapNode;

export type Scalar = string | boolean | number | bigint | null;

export interface ScalarNode {
  readonly kind: 'scalar';
  /** An integer is a bigint, any other number a number, which may be NaN or infinite. */
  readonly value: Scalar;
  readonly offset: number;
  /** Characters of all scalars below, as often as they are reached, plus one per node. */
  readonly weight: number;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly SourceNode[];
  readonly offset: number;
  readonly weight: number;
}

export interface MapNode {
  readonly kind: 'map';
  /** In the order of the document. Keys may be of any kind and may repeat: decoders judge that. */
  readonly entries: readonly MapEntry[];
  readonly offset: number;
  readonly weight: number;
}

export interface MapEntry {
  readonly key: SourceNode;
  readonly value: SourceNode;
}

const MAX_SHOWN_CHARACTERS = 60;

/** What a node is, for messages: `the string "x"`, `the number 5`, `null`, `a list`, `a mapping`. */
export function describeNode(node: SourceNode): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a mapping';
  const { value } = node;
  if (value === null) return 'null';
  if (typeof value === 'string') return `the string ${quote(value)}`;
  return typeof value === 'boolean' ? `the boolean ${value}` : `the number ${value}`;
}

function quote(text: string): string {
  const shown = text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
  return JSON.stringify(shown);
}

/** The problem `message` at `offset` of a source. */
export function problemAt(source: Source, offset: number, field: string, message: string): Problem {
  return { file: source.file, ...source.position(offset), field, message };
}
