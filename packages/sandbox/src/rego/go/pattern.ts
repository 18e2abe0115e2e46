import { RE2JS } from 're2js';
import { within } from '../limits.ts';
import { step } from '../steps.ts';
import { BuiltinError } from '../builtins/builtin.ts';
import { compiledSize } from './pattern-size.ts';

/** Regular expressions by RE2, whose time is linear in the text, with the semantics of Go's `regexp`. */

/** A group of a match, in UTF-16 units; undefined when it took no part. */
export interface Group {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The whole match, then its groups. */
export type Match = readonly (Group | undefined)[];

/** As OPA keeps, for all modules of a thread together. */
const CACHE_SIZE = 100;
/** Copying so many groups takes as long as the instruction itself. */
const GROUPS_PER_COPY = 32;
/** A pattern's program grows with its text. */
const LONGEST_PATTERN = 16 * 1024;

const cache = new Map<string, RE2JS>();

/** @throws BuiltinError for a pattern that is none */
export function compilePattern(pattern: string): RE2JS {
  const known = cache.get(pattern);
  if (known) return known;
  if (pattern.length > LONGEST_PATTERN) throw new BuiltinError('the regular expression is too long');
  within(compiledSize(pattern), 'compiled');
  const compiled = compile(pattern);
  if (cache.size >= CACHE_SIZE) {
    const [oldest = ''] = cache.keys();
    cache.delete(oldest);
  }
  cache.set(pattern, compiled);
  return compiled;
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch {
    throw new BuiltinError('not a regular expression');
  }
}

/**
 * The first `limit` matches, all for a negative limit. A match of nothing right behind another one does not count.
 *
 * One search takes linear time, but each may look through the whole rest of the text before it settles for a short
 * match: many of them are stopped by the clock alone, between them.
 */
export function findAll(pattern: RE2JS, text: string, limit: number, checkTime: () => void): Match[] {
  // The groups of each instruction are copied when it is reached.
  const copying = 1 + pattern.groupCount() / GROUPS_PER_COPY;
  within(pattern.programSize() * text.length * copying, 'matching');
  const matcher = pattern.matcher(text);
  const matches: Match[] = [];
  let lastEnd = -1;
  while (matches.length !== limit && matcher.find()) {
    checkTime();
    const [start, end] = [matcher.start(), matcher.end()];
    if (start === end && start === lastEnd) continue;
    lastEnd = end;
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index): Group | undefined => {
      const from = matcher.start(index);
      return from < 0
        ? undefined
        : { text: text.slice(from, matcher.end(index)), start: from, end: matcher.end(index) };
    });
    matches.push(groups);
  }
  return matches;
}

/** Replaces `$1`, `$name` and `${name}` in a template; what names no group becomes nothing. */
export function expand(template: string, match: Match, names: Readonly<Record<string, number>>): string {
  return template.replaceAll(/\$(?:\$|\{(\w+)\}|([\p{L}\p{Nd}_]+))/gu, (whole, braced?: string, bare?: string) => {
    step(STEPS_PER_NAME);
    if (whole === '$$') return '$';
    const name = braced ?? bare ?? '';
    const index = /^\d+$/.test(name) ? Number(name) : Object.hasOwn(names, name) ? names[name] : undefined;
    return (index === undefined ? undefined : match[index]?.text) ?? '';
  });
}

/** Finding a name in a template and looking it up takes as long as so many characters elsewhere. */
const STEPS_PER_NAME = 8;
