import { RE2JS } from 're2js';
import { CelError } from '../error.ts';
import type { Meter } from '../evaluate/meter.ts';
import { MAX_PATTERN_LENGTH } from '../limits.ts';
import { BOOL, INT, listOf, STRING } from '../types.ts';
import { free, method, type Overload, type Result } from './define.ts';

/** Compiled patterns of recent evaluations: an expression's own few patterns are met again with every object. */
const CACHE_SIZE = 64;
const cache = new Map<string, RE2JS>();

function compile(pattern: string): RE2JS | CelError {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  if (pattern.length > MAX_PATTERN_LENGTH)
    return new CelError('invalid-argument', 'the regular expression is too long');
  try {
    const compiled = RE2JS.compile(pattern);
    const oldest = cache.keys().next();
    if (cache.size >= CACHE_SIZE && oldest.done !== true) cache.delete(oldest.value);
    cache.set(pattern, compiled);
    return compiled;
  } catch {
    return new CelError('invalid-argument', 'not a regular expression of RE2');
  }
}

/** Whether a text is a regular expression of RE2, and not too long a one. */
export function isPattern(text: string): boolean {
  return !(compile(text) instanceof CelError);
}

/** RE2's time is at most the product of both lengths. The factors are the API server's: a tenth, and a quarter. */
function charge(text: string, pattern: string, meter: Meter): void {
  meter.charge(Math.ceil((text.length + 1) / 10) * Math.ceil(pattern.length / 4));
}

function matches(text: string, pattern: string, meter: Meter): Result {
  charge(text, pattern, meter);
  const compiled = compile(pattern);
  return compiled instanceof CelError ? compiled : compiled.test(text);
}

function findAll(text: string, pattern: string, most: bigint, meter: Meter): readonly string[] | CelError {
  charge(text, pattern, meter);
  const compiled = compile(pattern);
  if (compiled instanceof CelError) return compiled;
  const found: string[] = [];
  const matcher = compiled.matcher(text);
  const limit = most < 0n ? text.length + 1 : Number(most);
  while (found.length < limit && matcher.find()) {
    meter.charge(1);
    found.push(matcher.group() ?? '');
  }
  return found;
}

export const REGEX: Readonly<Record<string, readonly Overload[]>> = {
  matches: [
    method([STRING, STRING], BOOL, ([text, pattern], meter) => matches(text, pattern, meter)),
    free([STRING, STRING], BOOL, ([text, pattern], meter) => matches(text, pattern, meter)),
  ],
  find: [
    method([STRING, STRING], STRING, ([text, pattern], meter) => {
      const found = findAll(text, pattern, 1n, meter);
      return found instanceof CelError ? found : (found[0] ?? '');
    }),
  ],
  findAll: [
    method([STRING, STRING], listOf(STRING), ([text, pattern], meter) => findAll(text, pattern, -1n, meter)),
    method([STRING, STRING, INT], listOf(STRING), ([text, pattern, most], meter) =>
      findAll(text, pattern, most, meter),
    ),
  ],
};
