import { setOf } from '../value/collections.ts';
import { typeOf, type TypeName } from '../value/value.ts';
import { members, BuiltinError, type Builtin, type Family } from './builtin.ts';

function same(type: TypeName): Builtin {
  return ([value = null]) => {
    if (typeOf(value) !== type) throw new BuiltinError(`operand 1 must be ${type} but got ${typeOf(value)}`);
    return value;
  };
}

/** Deprecated in OPA for years; old policies have them. */
export const casts: Family = {
  cast_array: ([value = null]) => members(value, 1),
  cast_set: ([value = null]) => setOf(members(value, 1)),
  cast_boolean: same('boolean'),
  cast_null: same('null'),
  cast_object: same('object'),
  cast_string: same('string'),
};
