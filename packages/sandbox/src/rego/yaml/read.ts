import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  type Document,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { Stop } from '../../stop.ts';
import { within } from '../limits.ts';
import { textOf } from '../value/bytes.ts';
import { fromBase64 } from '../value/radix.ts';
import { objectOf } from '../value/collections.ts';
import { numberText, typeOf, type Entry, type RegoNumber, type Value } from '../value/value.ts';
import { resolveScalar } from './scalar.ts';

/** Aliases of aliases can make much of little; no honest document has this many nodes. */
const MOST_NODES = 500_000;
const DEEPEST = 500;
/** The library keeps one entry for each level, and some for what is around them and in between. */
const DEEPEST_STACK = 2 * DEEPEST;

/** What can't be said in JSON, or not at all. */
class Unusable extends Error {}

interface Reading {
  nodes: number;
  /** What anchors stand for, as far as the document has been read. */
  readonly anchors: Map<string, Node>;
}

/**
 * The first document of a text as OPA reads it; undefined when any of its documents is not YAML, or the first is no
 * JSON. Of equal keys the last one stays.
 */
export function readYaml(text: string, checkTime: () => void): Value | undefined {
  within(text.length, 'yamlCharacters');
  try {
    const documents = documentsIn(text, checkTime);
    if (documents.some(({ errors }) => errors.length > 0)) return undefined;
    const [document] = documents;
    return document?.contents ? read({ nodes: 0, anchors: new Map() }, document.contents, 0) : null;
  } catch (error) {
    if (error instanceof Stop) throw error;
    return undefined;
  }
}

/** Step by step: at each level of nesting the library's work grows with all the levels around it. */
function documentsIn(text: string, checkTime: () => void): Document[] {
  const parser = new Parser();
  // The library resolves nothing: which words are numbers is a matter of taste that differs from Go's.
  const composer = new Composer({
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'error',
    strict: false,
  });
  const documents: Document[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    checkTime();
    if (parser.stack.length > DEEPEST_STACK) fail('nested too deeply');
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end());
  return documents;
}

function read(reading: Reading, node: Node | null, depth: number): Value {
  if (++reading.nodes > MOST_NODES || depth > DEEPEST) throw new Unusable('too large');
  if (node === null) return null;
  if (isAlias(node)) return read(reading, reading.anchors.get(node.source) ?? fail('an unknown alias'), depth + 1);
  if (node.anchor) reading.anchors.set(node.anchor, node);
  if (isSeq(node)) return node.items.map((item) => read(reading, item as Node | null, depth + 1));
  if (isMap(node)) return readMap(reading, node, depth);
  return isScalar(node) ? scalarValue(node) : fail('an unknown node');
}

function fail(what: string): never {
  throw new Unusable(what);
}

function readMap(reading: Reading, map: YAMLMap, depth: number): Value {
  const merged: Entry[] = [];
  const own: Entry[] = [];
  for (const { key, value } of map.items as { key: Node | null; value: Node | null }[]) {
    if (isMergeKey(key)) merged.unshift(...mergedEntries(reading, value, depth));
    else own.push([keyText(read(reading, key, depth + 1)), read(reading, value, depth + 1)]);
  }
  return objectOf([...merged, ...own]);
}

function isMergeKey(key: Node | null): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.value === '<<' && key.tag === undefined;
}

/** Of several maps the first one wins. */
function mergedEntries(reading: Reading, value: Node | null, depth: number): readonly Entry[] {
  const resolved = isAlias(value) ? (reading.anchors.get(value.source) ?? null) : value;
  if (isSeq(resolved)) {
    return resolved.items.toReversed().flatMap((item) => mergedEntries(reading, item as Node | null, depth + 1));
  }
  if (!isMap(resolved)) return fail('a merge of something that is no map');
  const object = read(reading, resolved, depth + 1);
  return object !== null && typeof object === 'object' && 'kind' in object && object.kind === 'object'
    ? object.entries
    : [];
}

/** Keys of JSON are strings; numbers and booleans are written as such. */
function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'boolean') return String(key);
  if (typeOf(key) === 'number') return (key as RegoNumber).text;
  return fail('a key that is no string');
}

function scalarValue(scalar: Scalar): Value {
  // The library knows binary by itself.
  if (scalar.value instanceof Uint8Array) return textOf(scalar.value);
  const text = typeof scalar.value === 'string' ? scalar.value : '';
  switch (scalar.tag) {
    case undefined:
      return scalar.type === 'PLAIN' ? plainValue(text) : text;
    case 'tag:yaml.org,2002:binary':
      return textOf(fromBase64(text.replaceAll(/\s/g, ''), 'standard') ?? fail('binary that is not base64'));
    case 'tag:yaml.org,2002:int':
    case 'tag:yaml.org,2002:bool':
    case 'tag:yaml.org,2002:null':
      return plainValue(text);
    case 'tag:yaml.org,2002:float':
      return floatValue(plainValue(text));
    default:
      return text;
  }
}

function floatValue(value: Value): Value {
  return typeOf(value) === 'number' ? numberText((value as RegoNumber).text) : fail('a float that is no number');
}

function plainValue(text: string): Value {
  const resolved = resolveScalar(text);
  if (resolved === 'not-finite') return fail('a number that JSON has not');
  return resolved === 'string' || resolved === 'merge' ? text : resolved;
}
