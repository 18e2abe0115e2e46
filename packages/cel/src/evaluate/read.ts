import { CelError } from '../error.ts';
import type { Result } from '../library/define.ts';
import { isList } from '../library/equality.ts';
import { CelMap, Opaque, Optional, Uint, type Value } from '../value.ts';

export const NO_FIELD = new CelError('no-such-field', 'no such field or key');
const NO_INDEX = new CelError('out-of-range', 'the index is outside of the list');
const NOT_INDEXABLE = new CelError('no-such-overload', 'this value has no such index');

/** `operand.field` */
export function readField(operand: Value, field: string): Result {
  if (operand instanceof CelMap) return operand.get(field) ?? nullOrMissing(operand, field);
  if (operand instanceof Optional) return throughOptional(operand, (value) => readField(value, field));
  if (operand instanceof Opaque && operand.type.kind === 'object' && Object.hasOwn(operand.type.fields, field)) {
    // The one library type with fields is the authorizer, whose field asks about the request itself.
    return new Opaque(operand.type.fields[field] ?? operand.type, operand.text, operand.data);
  }
  return new CelError('no-such-overload', `a value without fields was asked for '${field}'`);
}

/** `operand[key]` */
export function readIndex(operand: Value, key: Value): Result {
  if (operand instanceof CelMap) return operand.get(key) ?? nullOrMissing(operand, key);
  if (operand instanceof Optional) return throughOptional(operand, (value) => readIndex(value, key));
  if (!isList(operand)) return NOT_INDEXABLE;
  const position = key instanceof Uint ? Number(key.value) : typeof key === 'bigint' ? Number(key) : key;
  if (typeof position !== 'number' || !Number.isInteger(position)) return NOT_INDEXABLE;
  return operand[position] ?? (position >= 0 && position < operand.length ? null : NO_INDEX);
}

/** Reading what is in an optional gives an optional, empty if there was nothing to read. */
function throughOptional(operand: Optional, read: (value: Value) => Result): Result {
  if (operand.value === undefined) return Optional.NONE;
  const result = read(operand.value);
  if (!(result instanceof CelError)) return result instanceof Optional ? result : new Optional(result);
  return result.code === 'no-such-field' || result.code === 'out-of-range' ? Optional.NONE : result;
}

/** `??` takes a member that is null for a missing one. */
function nullOrMissing(map: CelMap, key: Value): Result {
  return map.get(key) === null ? null : NO_FIELD;
}
