import { isObject, isRawNumber, type JsonObject, type JsonValue } from './json.ts';
import { childPointer } from './pointer.ts';

/** The operations that a diff uses (RFC 6902): never move, copy or test. */
export type Change =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: string };

/**
 * What a detailed patch may cost before a coarse one takes its place. Each change repeats its whole path, so long keys
 * above many changes would multiply: 1 MiB of paths is a third of the largest request (3 MiB). An API server applies an
 * insertion or removal in an array by copying the array: 1,000,000 copied elements take it a few milliseconds.
 */
export const DIFF_LIMITS: DiffLimits = { pathChars: 1024 * 1024, arrayCopies: 1_000_000 };

export interface DiffLimits {
  /** UTF-16 units in the paths of all changes together. */
  readonly pathChars: number;
  /** Of one array: elements that come or go, times its length. */
  readonly arrayCopies: number;
}

interface Diff {
  readonly limits: DiffLimits;
  readonly changes: Change[];
  pathChars: number;
}

/**
 * The changes that make `after` from `before`; none when they are equal. Objects: additions and changes in the order of
 * the sorted keys, then removals; arrays: element by element, then what one side has more (contract: policy-server
 * §5.5). It compares every value once. When the paths exceed their limit, the members of the root that differ are
 * replaced whole; an array that would be too costly to shift is replaced whole.
 */
export function diff(before: JsonValue, after: JsonValue, limits: DiffLimits = DIFF_LIMITS): Change[] {
  const detailed: Diff = { limits, changes: [], pathChars: 0 };
  compare(detailed, '', before, after);
  return detailed.pathChars > limits.pathChars ? coarseDiff(before, after) : detailed.changes;
}

function compare(diff: Diff, path: string, before: JsonValue, after: JsonValue): void {
  if (before === after || diff.pathChars > diff.limits.pathChars) return;
  if (Array.isArray(before) && Array.isArray(after)) compareArrays(diff, path, before, after);
  else if (isObject(before) && isObject(after)) compareObjects(diff, path, before, after);
  else if (!sameNumber(before, after)) note(diff, { op: 'replace', path, value: after });
}

function sameNumber(before: JsonValue, after: JsonValue): boolean {
  return isRawNumber(before) && isRawNumber(after) && before.rawJSON === after.rawJSON;
}

function note(diff: Diff, change: Change): void {
  diff.changes.push(change);
  diff.pathChars += change.path.length + 1;
}

function compareObjects(diff: Diff, path: string, before: JsonObject, after: JsonObject): void {
  for (const key of inOrder(Object.keys(after))) {
    if (Object.hasOwn(before, key)) {
      if (before[key] !== after[key]) compare(diff, childPointer(path, key), before[key]!, after[key]!);
    } else note(diff, { op: 'add', path: childPointer(path, key), value: after[key]! });
  }
  for (const key of missingKeys(before, after)) note(diff, { op: 'remove', path: childPointer(path, key) });
}

/** Keys in sorted order. Serialised objects mostly are: then looking is cheaper than sorting. */
function inOrder(keys: string[]): string[] {
  for (let i = 1; i < keys.length; i++) {
    if (keys[i - 1]! > keys[i]!) return keys.sort();
  }
  return keys;
}

/** The keys that only `before` has, in sorted order. */
function missingKeys(before: JsonObject, after: JsonObject): string[] {
  return inOrder(Object.keys(before).filter((key) => !Object.hasOwn(after, key)));
}

function compareArrays(diff: Diff, path: string, before: JsonValue[], after: JsonValue[]): void {
  const common = Math.min(before.length, after.length);
  const longest = Math.max(before.length, after.length);
  if ((longest - common) * longest > diff.limits.arrayCopies) {
    note(diff, { op: 'replace', path, value: after });
    return;
  }
  for (let i = 0; i < common; i++) {
    if (before[i] !== after[i]) compare(diff, childPointer(path, i), before[i]!, after[i]!);
  }
  for (let i = common; i < after.length; i++) note(diff, { op: 'add', path: childPointer(path, i), value: after[i]! });
  for (let i = common; i < before.length; i++) note(diff, { op: 'remove', path: childPointer(path, common) });
}

/** One change per member of the root that differs; its size is that of both documents at most. */
function coarseDiff(before: JsonValue, after: JsonValue): Change[] {
  if (!isObject(before) || !isObject(after)) return [{ op: 'replace', path: '', value: after }];
  const changes: Change[] = [];
  for (const key of inOrder(Object.keys(after))) {
    const op = Object.hasOwn(before, key) ? 'replace' : 'add';
    const one: Diff = { limits: { pathChars: 0, arrayCopies: 0 }, changes: [], pathChars: 0 };
    if (op === 'replace') compare(one, '', before[key]!, after[key]!);
    if (op === 'add' || one.pathChars > 0) changes.push({ op, path: childPointer('', key), value: after[key]! });
  }
  for (const key of missingKeys(before, after)) changes.push({ op: 'remove', path: childPointer('', key) });
  return changes;
}
