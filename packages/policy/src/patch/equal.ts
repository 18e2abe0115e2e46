import { isObject, isRawNumber, type JsonValue } from './json.ts';

/** Equal as RFC 6902 says (section 4.6): objects without regard to order, numbers by value, however large. */
export function jsonEqual(left: JsonValue, right: JsonValue): boolean {
  if (left === right) return true;
  const number = decimalOf(left);
  if (number !== undefined) return number === decimalOf(right);
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => jsonEqual(item, right[index]!));
  }
  const keys = Object.keys(left);
  if (!isObject(left) || !isObject(right) || keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && jsonEqual(left[key]!, right[key]!));
}

/** A number as digits without zeros at either end, and the power of ten of the last one: one text per value. */
function decimalOf(value: JsonValue): string | undefined {
  const text = typeof value === 'number' ? String(value) : isRawNumber(value) ? value.rawJSON : undefined;
  const parts = text === undefined ? null : /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (parts === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(all.length - digits.length);
  return digits === '' ? '0' : `${sign}${digits}e${power}`;
}

/** What a walk over `value` or a copy of it costs: one for each value in it, itself included, and one per 8 characters. */
export function weight(value: JsonValue): number {
  if (typeof value === 'string') return textWeight(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + weight(item), 1);
  if (!isObject(value)) return 1;
  let sum = 1;
  for (const key of Object.keys(value)) sum += textWeight(key) + weight(value[key]!);
  return sum;
}

function textWeight(text: string): number {
  return 1 + (text.length >> 3);
}
