import { expected, refuse, strictly, transformed, type Decoder } from './decoder.ts';
import { describeNode } from './node.ts';
import { suggestion } from './suggest.ts';

export const string: Decoder<string> = {
  schema: { type: 'string' },
  decode(node, context) {
    if (node.kind === 'scalar' && typeof node.value === 'string') return node.value;
    // YAML 1.1 reads words such as `n` and `off` as booleans, which surprises.
    const hint = node.kind === 'scalar' && node.value !== null ? '; quotes would make it one' : '';
    return refuse(node, context, `expected a string, found ${describeNode(node)}${hint}`);
  },
};

export const boolean: Decoder<boolean> = {
  schema: { type: 'boolean' },
  decode(node, context) {
    if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
    return expected('true or false', node, context);
  },
};

export const nonEmptyString: Decoder<string> = transformed(
  string,
  (value, node, context) => (value === '' ? refuse(node, context, 'expected a non-empty string') : value),
  { minLength: 1 },
);

/** One of a few words, in their exact spelling. */
export function oneOf<const T extends string>(...words: readonly T[]): Decoder<T> {
  return transformed(
    string,
    (value, node, context) =>
      words.find((word) => word === value) ?? refuse(node, context, unknownWord(describeNode(node), value, words)),
    { enum: words },
  );
}

/** A string that is one of a few words unless the reader is lenient. */
export function strictlyOneOf(...words: readonly string[]): Decoder<string> {
  const check: Parameters<typeof strictly<string>>[1] = (value, node, context) => {
    if (!words.includes(value)) refuse(node, context, unknownWord(describeNode(node), value, words));
  };
  return strictly(string, check, { enum: words });
}

function unknownWord(found: string, word: string, words: readonly string[]): string {
  return `expected ${enumerate(words)}, found ${found}${suggestion(word, words)}`;
}

/** `a`, `a or b`, `one of a, b, c`. */
export function enumerate(words: readonly string[]): string {
  return words.length < 3 ? words.join(' or ') : `one of ${words.join(', ')}`;
}
