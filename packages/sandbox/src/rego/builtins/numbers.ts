import { step } from '../steps.ts';
import { toHex } from '../value/radix.ts';
import { number, type Value } from '../value/value.ts';
import { BuiltinError, operands, type Family } from './builtin.ts';

/** More numbers than this fit no answer that a module could read back. */
const MOST = 1_000_000n;

export const numbers: Family = {
  'numbers.range_step': (args) => {
    const { bigInteger } = operands(args);
    const [from, to, stride] = [bigInteger(1), bigInteger(2), bigInteger(3)];
    if (stride <= 0n) throw new BuiltinError('step must be a positive integer');
    const distance = from <= to ? to - from : from - to;
    if (distance / stride >= MOST) throw new BuiltinError(`more than ${MOST} numbers`);
    const signed = from <= to ? stride : -stride;
    return Array.from({ length: Number(distance / stride) + 1 }, (_, at): Value => {
      step();
      return number(from + signed * BigInt(at));
    });
  },
  'rand.intn': (args, { random, answers }) => {
    const { string, integer } = operands(args);
    const name = string(1);
    const size = integer(2) < 0n ? -integer(2) : integer(2);
    if (size === 0n) return number(0);
    const key = `rand ${size} ${name}`;
    const known = answers.get(key) ?? String(randomBelow(size, random));
    answers.set(key, known);
    return number(BigInt(known));
  },
};

/** 128 random bits make the bias of the remainder immeasurable. */
function randomBelow(size: bigint, random: (target: Uint8Array) => void): bigint {
  const bytes = new Uint8Array(16);
  random(bytes);
  return BigInt(`0x${toHex(bytes)}`) % size;
}
