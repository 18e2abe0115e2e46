import { boolean, nonEmptyString } from '../config/decode/scalars.ts';
import { list } from '../config/decode/collections.ts';
import { expected, transformed, type Decoder } from '../config/decode/decoder.ts';
import { parseDuration } from '../config/decode/duration.ts';

/** A kind of value: how flags and environment variables spell it, and how files do. */
export interface Kind<T> {
  /** What a flag's value is called in help texts; undefined for a flag that may stand alone. */
  readonly placeholder: string | undefined;
  /** Completes `expected …` in messages. */
  readonly expected: string;
  /** The value of a text that is not empty; undefined when it is none. */
  readonly parse: (text: string) => T | undefined;
  readonly decoder: Decoder<T>;
  /** The value as a flag would spell it. */
  readonly show: (value: T) => string;
}

const TRUE: ReadonlySet<string> = new Set(['true', '1', 'yes', 'y', 'on', 't']);
const FALSE: ReadonlySet<string> = new Set(['false', '0', 'no', 'n', 'off', 'f']);

/** Any common spelling; the original takes `true` and `false` alone, its documentation uses others (contract: policy-server §1.1). */
export const flag: Kind<boolean> = {
  placeholder: undefined,
  expected: 'true or false',
  parse: truth,
  decoder: boolean,
  show: String,
};

/** On with any text that does not say false, as https://no-color.org has it. */
export const presence: Kind<boolean> = { ...flag, parse: (text) => truth(text) ?? true };

function truth(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (TRUE.has(word)) return true;
  return FALSE.has(word) ? false : undefined;
}

/** A text of any kind, called `placeholder`. */
export function text(placeholder: string): Kind<string> {
  return { placeholder, expected: 'a text', parse: (value) => value, decoder: nonEmptyString, show: (value) => value };
}

/** Texts, comma separated in flags and variables. */
export function textList(placeholder: string): Kind<readonly string[]> {
  const parse = (value: string): readonly string[] =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  const show = (values: readonly string[]): string => values.join(',');
  return { placeholder, expected: 'a comma separated list', parse, decoder: list(nonEmptyString), show };
}

/** A whole number of a range. */
export function count(placeholder: string, minimum: number, maximum: number): Kind<number> {
  const what = `a whole number from ${minimum} to ${maximum}`;
  const parse = (value: string): number | undefined => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= minimum && number <= maximum ? number : undefined;
  };
  const decoder: Decoder<number> = {
    schema: { type: 'integer', minimum, maximum },
    decode: (node, context) =>
      (node.kind === 'scalar' && typeof node.value === 'bigint' ? parse(String(node.value)) : undefined) ??
      expected(what, node, context),
  };
  return { placeholder, expected: what, parse, decoder, show: String };
}

/** One of a few words; `synonyms` are other spellings of them. */
export function choice<const T extends string>(...words: readonly [T, ...T[]]): Kind<T> {
  const what = words.join(', ');
  const parse = (value: string): T | undefined => words.find((word) => word === value.toLowerCase());
  const decoder = transformed<string, T>(
    nonEmptyString,
    (value, node, context) => parse(value) ?? expected(`one of ${what}`, node, context),
    { enum: words },
  );
  return { placeholder: words.join('|'), expected: `one of ${what}`, parse, decoder, show: (value) => value };
}

/** A length of time, in milliseconds; `0` is none. */
export const time: Kind<number> = {
  placeholder: 'duration',
  expected: 'a duration such as 500ms, 5s or 0',
  parse: parseDuration,
  decoder: transformed<string, number>(
    {
      schema: { type: 'string' },
      decode: (node, context) =>
        node.kind === 'scalar' && (typeof node.value === 'string' || node.value === 0n)
          ? String(node.value)
          : expected('a duration such as 500ms or 5s', node, context),
    },
    (value, node, context) => parseDuration(value) ?? expected('a duration such as 500ms or 5s', node, context),
  ),
  show: (ms) => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`),
};
