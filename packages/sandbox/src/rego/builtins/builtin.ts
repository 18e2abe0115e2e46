import type { Evaluation } from '../evaluation.ts';
import { integerOf } from '../value/number.ts';
import { typeOf, type RegoNumber, type RegoObject, type RegoSet, type TypeName, type Value } from '../value/value.ts';

/**
 * A function that a policy can call. Undefined means that the call has no value, which in Rego is no error.
 *
 * @throws BuiltinError when OPA says that the arguments make no sense
 */
export type Builtin = (args: readonly Value[], evaluation: Evaluation) => Value | undefined;

/** Builtins by their names in Rego. */
export type Family = Readonly<Record<string, Builtin>>;

/** A call that OPA answers with an error. The message never quotes an argument: it may come from a Secret. */
export class BuiltinError extends Error {
  readonly code = 'builtin-error';

  constructor(message: string) {
    super(message);
    this.name = 'BuiltinError';
  }
}

function wrongType(position: number, value: Value, expected: string): BuiltinError {
  return new BuiltinError(`operand ${position} must be ${expected} but got ${typeOf(value)}`);
}

/** The arguments of a call, checked one by one; positions count from 1, as in OPA's messages. */
export interface Operands {
  readonly value: (position: number) => Value;
  readonly string: (position: number) => string;
  readonly array: (position: number) => readonly Value[];
  readonly object: (position: number) => RegoObject;
  readonly number: (position: number) => RegoNumber;
  /** A number without a fraction, of any size. */
  readonly bigInteger: (position: number) => bigint;
  /** One of 64 bits. */
  readonly integer: (position: number) => bigint;
}

export function operands(args: readonly Value[]): Operands {
  const value = (position: number): Value => args[position - 1] ?? null;
  const typed = (position: number, type: TypeName): Value => {
    const found = value(position);
    if (typeOf(found) !== type) throw wrongType(position, found, type);
    return found;
  };
  const number = (position: number): RegoNumber => typed(position, 'number') as RegoNumber;
  const bigInteger = (position: number): bigint => {
    const integer = integerOf(number(position).text);
    if (integer === undefined) throw new BuiltinError(`operand ${position} must be an integer number`);
    return integer;
  };
  return {
    value,
    string: (position) => typed(position, 'string') as string,
    array: (position) => typed(position, 'array') as readonly Value[],
    object: (position) => typed(position, 'object') as RegoObject,
    number,
    bigInteger,
    integer: (position) => {
      const integer = bigInteger(position);
      if (BigInt.asIntN(64, integer) !== integer) throw new BuiltinError(`operand ${position} is too large`);
      return integer;
    },
  };
}

/** The members of an array or a set. */
export function members(value: Value, position: number): readonly Value[] {
  if (typeOf(value) === 'array') return value as readonly Value[];
  if (typeOf(value) === 'set') return (value as RegoSet).members;
  throw wrongType(position, value, 'one of {set, array}');
}

/** The strings of an array or a set. */
export function strings(value: Value, position: number): readonly string[] {
  return members(value, position).map((member) => {
    if (typeof member !== 'string') throw new BuiltinError(`operand ${position} must hold strings alone`);
    return member;
  });
}

/** A builtin of one string. */
export function onString(answer: (text: string, evaluation: Evaluation) => Value | undefined): Builtin {
  return (args, evaluation) => answer(operands(args).string(1), evaluation);
}

/** A number of characters or items, as a JavaScript number; far too large ones become the largest that counts. */
export function clampToInt(value: bigint): number {
  return Number(BigInt.asIntN(54, value > MAX_COUNT ? MAX_COUNT : value < -MAX_COUNT ? -MAX_COUNT : value));
}

const MAX_COUNT = 2n ** 52n;
