import { equal } from '../value/compare.ts';
import { get, has, objectOf, setOf } from '../value/collections.ts';
import { within } from '../limits.ts';
import { isArray, isObject, isSet, type Entry, type RegoObject, type Value } from '../value/value.ts';
import { BuiltinError, operands, type Family } from './builtin.ts';

export const objects: Family = {
  'object.subset': ([whole = null, part = null], { checkTime }) => {
    if (isObject(whole) && isObject(part)) return objectSubset(whole, part);
    if (isSet(whole) && isSet(part)) return part.members.every((member) => has(whole, member));
    if (isArray(whole) && isArray(part)) return arraySubset(whole, part);
    if (isArray(whole) && isSet(part)) {
      // OPA finds nothing in an empty array, not even nothing.
      return (
        whole.length > 0 &&
        part.members.every((member) => {
          checkTime();
          return whole.some((item) => equal(item, member));
        })
      );
    }
    throw new BuiltinError('both arguments must be of the same type, or an array and a set');
  },
  'object.keys': (args) =>
    setOf(
      operands(args)
        .object(1)
        .entries.map(([key]) => key),
    ),
  'object.union_n': (args, { checkTime }) => {
    const all = operands(args)
      .array(1)
      .map((item) => {
        if (!isObject(item)) throw new BuiltinError('operand 1 must be an array of objects');
        return item;
      });
    return all.reduce((merged, item) => {
      checkTime();
      return union(merged, item);
    }, objectOf([]));
  },
  'array.reverse': (args) => operands(args).array(1).toReversed(),
};

function objectSubset(whole: RegoObject, part: RegoObject): boolean {
  return part.entries.every(([key, item]) => {
    const other = get(whole, key);
    if (other === undefined) return false;
    return equal(other, item) || nestedSubset(other, item);
  });
}

function nestedSubset(whole: Value, part: Value): boolean {
  if (isObject(whole) && isObject(part)) return objectSubset(whole, part);
  if (isSet(whole) && isSet(part)) return part.members.every((member) => has(whole, member));
  return isArray(whole) && isArray(part) && arraySubset(whole, part);
}

/** Whether the part stands in the whole, in one piece. */
function arraySubset(whole: readonly Value[], part: readonly Value[]): boolean {
  within((whole.length - part.length) * part.length, 'steps');
  for (let start = 0; start + part.length <= whole.length; start++) {
    if (part.every((item, at) => equal(item, whole[start + at] ?? null))) return true;
  }
  return false;
}

function union(a: RegoObject, b: RegoObject): RegoObject {
  const merged = b.entries.map(([key, item]): Entry => {
    const other = get(a, key);
    return [key, other !== undefined && isObject(other) && isObject(item) ? union(other, item) : item];
  });
  return objectOf([...a.entries, ...merged]);
}
