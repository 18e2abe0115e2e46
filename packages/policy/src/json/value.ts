import { JsonError, unexpected } from './error.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  memberValue,
  nameEnd,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  scalarEnd,
  skipSpace,
  stringEnd,
} from './tokens.ts';

/**
 * Containers inside containers, the outermost counting as 1. Real objects stay below 100 (a CustomResourceDefinition's
 * schema is the deepest kind), serde_json's default refuses 128 in a Rust guest, and code that recurses over a document
 * (JSON.parse with a reviver, JSON.stringify, the diff) stays well within the default stack of 0.98 MB.
 */
export const MAX_DEPTH = 1000;

/**
 * The end of the JSON value that starts at `at`, its whole syntax checked. `depth` is the number of containers around
 * it. Iterative: the open containers are a list of the bytes that close them.
 */
export function valueEnd(bytes: Uint8Array, at: number, depth: number): number {
  const closers: number[] = [];
  let closer = 0;
  let i = at;
  for (;;) {
    const byte = bytes[i]!;
    if (byte === QUOTE) i = stringEnd(bytes, i);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth + closers.length >= MAX_DEPTH) throw tooDeep(i);
      closers.push(closer);
      // In ASCII, both closing brackets follow their opening one by 2.
      closer = byte + 2;
      i = skipSpace(bytes, i + 1);
      if (bytes[i] !== closer) {
        i = elementStart(bytes, i, closer);
        continue;
      }
    } else i = scalarEnd(bytes, i);

    // A value ends before i, or an empty container is about to: close what closes here, up to the next value.
    for (;;) {
      if (closers.length === 0) return i;
      let next = bytes[i]!;
      if (next <= 0x20) {
        i = skipSpace(bytes, i);
        next = bytes[i]!;
      }
      if (next === COMMA) {
        i = elementStart(bytes, skipSpace(bytes, i + 1), closer);
        break;
      }
      if (next !== closer) throw unexpected(bytes, i, closer === CLOSE_BRACKET ? "',' or ']'" : "',' or '}'");
      closer = closers.pop()!;
      i++;
    }
  }
}

/** The start of the next value in a container: behind its name in an object, at once in an array. */
function elementStart(bytes: Uint8Array, at: number, closer: number): number {
  return closer === CLOSE_BRACE ? memberValue(bytes, nameEnd(bytes, at)) : at;
}

function tooDeep(at: number): JsonError {
  return new JsonError('too-deep', `nested deeper than ${MAX_DEPTH} levels`, at);
}
