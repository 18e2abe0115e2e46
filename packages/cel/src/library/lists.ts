import { CelError } from '../error.ts';
import type { Meter } from '../evaluate/meter.ts';
import { A, BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, STRING, TIMESTAMP, UINT } from '../types.ts';
import type { Value } from '../value.ts';
import { free, method, type Overload, type Result } from './define.ts';
import { equals } from './equality.ts';
import { compare, OPERATORS, ZEROS } from './operators.ts';

const ORDERED = [INT, UINT, DOUBLE, BOOL, STRING, BYTES, TIMESTAMP, DURATION] as const;
const UNCOMPARABLE = new CelError('no-such-overload', 'the elements of the list have no order among each other');

function isSorted(list: readonly Value[], meter: Meter): Result {
  for (const [index, element] of list.entries()) {
    const previous = list[index - 1];
    meter.charge(1);
    const order = index === 0 || previous === undefined ? -1 : compare(previous, element, meter);
    if (order === undefined) return UNCOMPARABLE;
    if (order > 0) return false;
  }
  return true;
}

function extreme(list: readonly Value[], sign: 1 | -1, meter: Meter): Result {
  let best = list[0];
  if (best === undefined) return new CelError('invalid-argument', 'an empty list has neither minimum nor maximum');
  for (const element of list) {
    meter.charge(1);
    const order = compare(element, best, meter);
    if (order === undefined) return UNCOMPARABLE;
    if (order * sign > 0) best = element;
  }
  return best;
}

function sum(list: readonly Value[], zero: Value, meter: Meter): Result {
  let total: Value = list[0] ?? zero;
  for (const element of list.slice(1)) {
    meter.charge(1);
    const added = addTwo(total, element, meter);
    if (added instanceof CelError) return added;
    total = added;
  }
  return total;
}

function addTwo(a: Value, b: Value, meter: Meter): Result {
  const type = ZEROS.find(
    ([, zero]) => typeof zero === typeof a && Object.getPrototypeOf(zero) === Object.getPrototypeOf(a),
  )?.[0];
  const same =
    typeof a === typeof b && a !== null && b !== null && Object.getPrototypeOf(a) === Object.getPrototypeOf(b);
  const add = OPERATORS['_+_']?.find(({ parameters }) => parameters[0] === type && parameters[1] === type);
  return type === undefined || !same || add === undefined
    ? new CelError('no-such-overload', 'sum() takes numbers of one type, or durations')
    : add.run([a, b], meter);
}

function indexOf(list: readonly Value[], value: Value, meter: Meter): Result {
  return BigInt(list.findIndex((element) => equals(element, value, meter)));
}

function lastIndexOf(list: readonly Value[], value: Value, meter: Meter): Result {
  return BigInt(list.findLastIndex((element) => equals(element, value, meter)));
}

function contains(list: readonly Value[], value: Value, meter: Meter): boolean {
  return list.some((element) => equals(element, value, meter));
}

/** Kubernetes' list functions, and the set functions of the extension library that Kubernetes has. */
export const LISTS: Readonly<Record<string, readonly Overload[]>> = {
  isSorted: ORDERED.map((type) => method([listOf<Value>(type)], BOOL, ([list], meter) => isSorted(list, meter))),
  min: ORDERED.map((type) => method([listOf<Value>(type)], type, ([list], meter) => extreme(list, -1, meter))),
  max: ORDERED.map((type) => method([listOf<Value>(type)], type, ([list], meter) => extreme(list, 1, meter))),
  sum: ZEROS.map(([type, zero]) => method([listOf<Value>(type)], type, ([list], meter) => sum(list, zero, meter))),
  indexOf: [method([listOf(A), A], INT, ([list, value], meter) => indexOf(list, value, meter))],
  lastIndexOf: [method([listOf(A), A], INT, ([list, value], meter) => lastIndexOf(list, value, meter))],
  'sets.contains': [
    free([listOf(A), listOf(A)], BOOL, ([list, part], meter) => part.every((value) => contains(list, value, meter))),
  ],
  'sets.equivalent': [
    free(
      [listOf(A), listOf(A)],
      BOOL,
      ([a, b], meter) => a.every((value) => contains(b, value, meter)) && b.every((value) => contains(a, value, meter)),
    ),
  ],
  'sets.intersects': [
    free([listOf(A), listOf(A)], BOOL, ([a, b], meter) => a.some((value) => contains(b, value, meter))),
  ],
  flatten: [
    method([listOf(DYN)], listOf(DYN), ([list], meter) => {
      const flat = list.flat();
      meter.charge(flat.length);
      return flat;
    }),
  ],
};
