import type { JsonValue } from '@ostiary/policy';
import { isObject } from '../request/value.ts';

/** Whether a text has a part, or matches `/a regular expression/flags`. */
export function matchesText(text: string, expected: string): boolean {
  const pattern = patternOf(expected);
  return pattern ? pattern.test(text) : text.includes(expected);
}

/** The regular expression between slashes; undefined for what is none. */
export function patternOf(text: string): RegExp | undefined {
  const found = /^\/(.+)\/([imsu]*)$/s.exec(text);
  if (!found) return undefined;
  try {
    return new RegExp(found[1] ?? '', found[2]);
  } catch {
    return undefined;
  }
}

/**
 * Where `value` lacks what `expected` has: the path of the first difference, undefined when there is none. Objects may
 * have more members than expected; lists may not have more items.
 */
export function missingPart(value: JsonValue | undefined, expected: JsonValue, path = ''): string | undefined {
  if (isObject(expected)) {
    if (!isObject(value)) return path || '(root)';
    for (const [name, member] of Object.entries(expected)) {
      const found = missingPart(Object.hasOwn(value, name) ? value[name] : undefined, member, join(path, name));
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(value)) return path || '(root)';
    if (value.length !== expected.length) return `${path} (${value.length} items, expected ${expected.length})`;
    for (const [index, item] of expected.entries()) {
      const found = missingPart(value[index], item, `${path}[${index}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return JSON.stringify(value) === JSON.stringify(expected) ? undefined : path || '(root)';
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
