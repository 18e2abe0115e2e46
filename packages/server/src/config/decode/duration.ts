import { expected, type Decoder } from './decoder.ts';

const MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  // The micro sign and the Greek letter look alike; Go takes both.
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: 1000,
  m: 60 * 1000,
  h: 60 * 60 * 1000,
};

const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|[\u00b5\u03bc]s|ms|s|m|h)/g;
const DURATION = new RegExp(`^\\+?(?:0|(?:${PART.source})+)$`);

/** Milliseconds of a duration as Go writes it, such as `500ms`, `1.5s` or `1m30s`; undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  return [...text.matchAll(PART)].reduce((sum, [, amount, unit]) => sum + Number(amount) * MILLISECONDS[unit!]!, 0);
}

/** A duration of more than zero, in milliseconds. */
export const duration: Decoder<number> = {
  schema: { type: 'string', pattern: DURATION.source },
  decode(node, context) {
    const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : '';
    return parseDuration(text) || expected('a duration such as 500ms or 2s', node, context);
  },
};
