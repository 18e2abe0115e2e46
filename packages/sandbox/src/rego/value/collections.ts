import { compare, equal } from './compare.ts';
import type { Entry, RegoObject, RegoSet, Value } from './value.ts';

/** The set of some values; equal ones count once. */
export function setOf(values: Iterable<Value>): RegoSet {
  const sorted = [...values].sort(compare);
  return { kind: 'set', members: sorted.filter((value, at) => at === 0 || !equal(value, sorted[at - 1] ?? null)) };
}

/** The object of some entries; of several with equal keys the last one stays. */
export function objectOf(entries: Iterable<Entry>): RegoObject {
  const sorted = [...entries].sort(([a], [b]) => compare(a, b));
  const last = sorted.filter(([key], at) => {
    const next = sorted[at + 1];
    return !next || !equal(key, next[0]);
  });
  return { kind: 'object', entries: last };
}

/** The value of a key, or undefined. */
export function get(object: RegoObject, key: Value): Value | undefined {
  return object.entries[find(object.entries.length, (at) => compare(object.entries[at]?.[0] ?? null, key))]?.[1];
}

export function has(set: RegoSet, value: Value): boolean {
  return find(set.members.length, (at) => compare(set.members[at] ?? null, value)) >= 0;
}

/** The place where `order` is zero, by halving; -1 for none. */
function find(length: number, order: (at: number) => number): number {
  let low = 0;
  let high = length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = order(middle);
    if (found === 0) return middle;
    if (found < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
