import { CHARACTERS_PER_STEP, step } from '../steps.ts';
import { within } from '../limits.ts';
import { typeOf, type RegoNumber, type RegoObject, type RegoSet, type Value } from './value.ts';

/** How the pieces of a value are written. */
interface Style {
  readonly comma: string;
  readonly colon: string;
  readonly string: (text: string) => string;
  /** What has been written so far, in characters: values may share parts, and be small and long to write. */
  written: number;
}

/** What `opa_value_parse` reads. */
export function formatValue(value: Value): string {
  return write(value, { comma: ',', colon: ':', string: quoteJson, written: 0 });
}

/** As Rego prints terms, which is what `sprintf` shows of a collection. */
export function displayValue(value: Value, quote: (text: string) => string): string {
  return write(value, { comma: ', ', colon: ': ', string: quote, written: 0 });
}

function write(value: Value, style: Style): string {
  style.written++;
  step();
  if (typeof value === 'string') {
    style.written += value.length;
    step(value.length >> CHARACTERS_PER_STEP);
  }
  within(style.written, 'characters');
  switch (typeOf(value)) {
    case 'string':
      return style.string(value as string);
    case 'number':
      return (value as RegoNumber).text;
    case 'array':
      return `[${writeList(value as readonly Value[], style)}]`;
    case 'set': {
      const { members } = value as RegoSet;
      return members.length === 0 ? 'set()' : `{${writeList(members, style)}}`;
    }
    case 'object': {
      const pairs = (value as RegoObject).entries.map(
        ([key, item]) => `${write(key, style)}${style.colon}${write(item, style)}`,
      );
      return `{${pairs.join(style.comma)}}`;
    }
    case 'null':
      return 'null';
    case 'boolean':
      return value === true ? 'true' : 'false';
  }
}

function writeList(values: readonly Value[], style: Style): string {
  return values.map((value) => write(value, style)).join(style.comma);
}

/** Lone surrogates stand for bytes that are no UTF-8 (see `bytes.ts`) and must stay what they are. */
function quoteJson(text: string): string {
  if (text.isWellFormed()) return JSON.stringify(text);
  const out: string[] = [];
  // Not by an expression: all its matches are found before any of them is looked at.
  for (const character of text) {
    step();
    const isLone = character.length === 1 && character >= '\ud800' && character <= '\udfff';
    out.push(isLone ? character : JSON.stringify(character).slice(1, -1));
  }
  return `"${out.join('')}"`;
}
