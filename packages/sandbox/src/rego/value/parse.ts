import { CHARACTERS_PER_STEP, step } from '../steps.ts';
import { within } from '../limits.ts';
import { objectOf, setOf } from './collections.ts';
import { numberText, type Entry, type Value } from './value.ts';

/** The text is not a Rego value as a module writes it. */
export class ParseError extends Error {
  readonly code = 'malformed-value';

  constructor(at: number) {
    super(`not a Rego value at character ${at}`);
    this.name = 'ParseError';
  }
}

/** Deeper values are refused: reading them takes a frame each, and the stack belongs to the guest's limit. */
const MAX_DEPTH = 1000;

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;

/**
 * Reads what `opa_value_dump` writes: JSON, and beside it sets (`{1,2}`, `set()`) and objects with keys of any type.
 *
 * @throws ParseError, or LimitError for more values than an argument may have
 */
export function parseValue(text: string): Value {
  const source: Source = { text, at: 0, depth: 0, values: 0 };
  const value = readValue(source);
  space(source);
  if (source.at !== text.length) throw new ParseError(source.at);
  return value;
}

interface Source {
  readonly text: string;
  at: number;
  depth: number;
  values: number;
}

const WORDS: ReadonlyMap<string, readonly [text: string, value: Value]> = new Map<string, readonly [string, Value]>([
  ['t', ['true', true]],
  ['f', ['false', false]],
  ['n', ['null', null]],
  ['s', ['set()', setOf([])]],
]);

function readValue(source: Source): Value {
  step();
  within(++source.values, 'values');
  space(source);
  const first = source.text[source.at];
  if (first === '"') return readString(source);
  if (first === '[') return nested(source, () => readList(source, ']'));
  if (first === '{') return nested(source, () => readBraces(source));
  const word = WORDS.get(first ?? '');
  if (!word) return numberText(token(source, NUMBER));
  if (!source.text.startsWith(word[0], source.at)) throw new ParseError(source.at);
  source.at += word[0].length;
  return word[1];
}

function readString(source: Source): string {
  const start = source.at;
  source.at = endOfString(source.text, start);
  step((source.at - start) >> CHARACTERS_PER_STEP);
  try {
    return JSON.parse(source.text.slice(start, source.at)) as string;
  } catch {
    throw new ParseError(start);
  }
}

/** Behind the quote that closes a string; what is between the quotes is checked when it is read as JSON. */
function endOfString(text: string, start: number): number {
  // An expression that matches a whole string takes room for each of its characters.
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let escapes = quote;
    while (text[escapes - 1] === '\\') escapes--;
    if ((quote - escapes) % 2 === 0) return quote + 1;
  }
  throw new ParseError(start);
}

function nested<T>(source: Source, read: () => T): T {
  if (++source.depth > MAX_DEPTH) throw new ParseError(source.at);
  source.at++;
  const value = read();
  source.depth--;
  return value;
}

/** The rest of a list, after its opening bracket or first members. */
function readList(source: Source, end: string): Value[] {
  const values: Value[] = [];
  if (accept(source, end)) return values;
  do values.push(readValue(source));
  while (accept(source, ','));
  expect(source, end);
  return values;
}

/** An object, or a set: the first member tells. */
function readBraces(source: Source): Value {
  if (accept(source, '}')) return objectOf([]);
  const first = readValue(source);
  if (!accept(source, ':')) {
    const rest = accept(source, ',') ? readList(source, '}') : (expect(source, '}'), []);
    return setOf([first, ...rest]);
  }
  const entries: Entry[] = [[first, readValue(source)]];
  while (accept(source, ',')) {
    const key = readValue(source);
    expect(source, ':');
    entries.push([key, readValue(source)]);
  }
  expect(source, '}');
  return objectOf(entries);
}

function token(source: Source, pattern: RegExp): string {
  pattern.lastIndex = source.at;
  const [found] = pattern.exec(source.text) ?? [];
  if (found === undefined) throw new ParseError(source.at);
  source.at += found.length;
  return found;
}

function space(source: Source): void {
  token(source, SPACE);
}

function accept(source: Source, character: string): boolean {
  space(source);
  if (source.text[source.at] !== character) return false;
  source.at++;
  return true;
}

function expect(source: Source, character: string): void {
  if (!accept(source, character)) throw new ParseError(source.at);
}
