import { CHARACTERS_PER_STEP, step } from '../steps.ts';
import { compareNumbers } from './number.ts';
import {
  typeOf,
  type Entry,
  type RegoNumber,
  type RegoObject,
  type RegoSet,
  type TypeName,
  type Value,
} from './value.ts';

/** Rego sorts values of different types by type. */
const ORDER: readonly TypeName[] = ['null', 'boolean', 'number', 'string', 'array', 'object', 'set'];

/** Rego's order of all values: negative, zero or positive. */
export function compare(a: Value, b: Value): number {
  step();
  if (a === b) return 0;
  const type = typeOf(a);
  const difference = ORDER.indexOf(type) - ORDER.indexOf(typeOf(b));
  if (difference !== 0) return difference;
  switch (type) {
    case 'null':
      return 0;
    case 'boolean':
      return Number(a) - Number(b);
    case 'number':
      return compareNumbers((a as RegoNumber).text, (b as RegoNumber).text);
    case 'string':
      return compareStrings(a as string, b as string);
    case 'array':
      return compareLists(a as readonly Value[], b as readonly Value[]);
    case 'set':
      return compareLists((a as RegoSet).members, (b as RegoSet).members);
    case 'object':
      return compareObjects(a as RegoObject, b as RegoObject);
  }
}

export function equal(a: Value, b: Value): boolean {
  return compare(a, b) === 0;
}

/** By code point, which is the order of UTF-8 bytes; JavaScript's own order is by UTF-16 unit. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) {
      step(at >> CHARACTERS_PER_STEP);
      return (a.codePointAt(at) ?? 0) - (b.codePointAt(at) ?? 0) || left - right;
    }
  }
  step(length >> CHARACTERS_PER_STEP);
  return a.length - b.length;
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = compare(a[at] ?? null, b[at] ?? null);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareObjects(a: RegoObject, b: RegoObject): number {
  return compareParts(a.entries, b.entries, 0) || compareParts(a.entries, b.entries, 1);
}

/** Compares the keys of entries, or the values. */
function compareParts(a: readonly Entry[], b: readonly Entry[], part: 0 | 1): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = compare(a[at]?.[part] ?? null, b[at]?.[part] ?? null);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
