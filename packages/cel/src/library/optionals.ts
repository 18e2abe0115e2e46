import { CelError } from '../error.ts';
import { A, BOOL, optionalOf } from '../types.ts';
import { CelMap, Duration, Optional, Timestamp, Uint, type Value } from '../value.ts';
import { free, method, type Overload } from './define.ts';
import { isList } from './equality.ts';

/** The value a field has when nobody set it: what `optional.ofNonZeroValue` takes for nothing. */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === '') return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelMap) return value.size === 0;
  if (value instanceof Duration || value instanceof Timestamp) return value.nanos === 0n;
  return isList(value) && value.length === 0;
}

export const OPTIONALS: Readonly<Record<string, readonly Overload[]>> = {
  'optional.of': [free([A], optionalOf(A), ([value]) => new Optional(value))],
  'optional.ofNonZeroValue': [
    free([A], optionalOf(A), ([value]) => (isZero(value) ? Optional.NONE : new Optional(value))),
  ],
  'optional.none': [free([], optionalOf(A), () => Optional.NONE)],
  hasValue: [method([optionalOf(A)], BOOL, ([optional]) => optional.value !== undefined)],
  value: [
    method(
      [optionalOf(A)],
      A,
      ([optional]) =>
        optional.value ?? (optional.value === null ? null : new CelError('no-such-field', 'the optional has no value')),
    ),
  ],
  or: [
    method([optionalOf(A), optionalOf(A)], optionalOf(A), ([optional, other]) =>
      optional.value === undefined ? other : optional,
    ),
  ],
  orValue: [
    method([optionalOf(A), A], A, ([optional, other]) => (optional.value === undefined ? other : optional.value)),
  ],
};
