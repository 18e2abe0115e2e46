import type { Meter } from '../evaluate/meter.ts';
import { CelMap, Duration, Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from '../value.ts';

/** Equality over all types: numbers by what they count, everything else only within its own type. */
export function equals(a: Value, b: Value, meter: Meter, depth = 0): boolean {
  meter.charge(1);
  meter.checkDepth(depth);
  if (typeof a === 'string' && typeof b === 'string') {
    meter.chargeText(Math.min(a.length, b.length));
    return a === b;
  }
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b) === 0;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && bytesCompare(a, b, meter) === 0;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Optional) return b instanceof Optional && optionalsEqual(a, b, meter, depth);
  if (a instanceof Opaque) return b instanceof Opaque && a.type === b.type && a.text === b.text;
  if (a instanceof CelMap) return b instanceof CelMap && mapsEqual(a, b, meter, depth);
  return isList(a) && isList(b) && listsEqual(a, b, meter, depth);
}

function optionalsEqual(a: Optional, b: Optional, meter: Meter, depth: number): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equals(a.value, b.value, meter, depth + 1);
}

function mapsEqual(a: CelMap, b: CelMap, meter: Meter, depth: number): boolean {
  if (a.size !== b.size) return false;
  return a.keys().every((key) => {
    const [left, right] = [a.get(key), b.get(key)];
    return left !== undefined && right !== undefined && equals(left, right, meter, depth + 1);
  });
}

function listsEqual(a: readonly Value[], b: readonly Value[], meter: Meter, depth: number): boolean {
  if (a.length !== b.length) return false;
  return a.every((element, index) => equals(element, b[index] ?? null, meter, depth + 1));
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export type Numeric = bigint | number | Uint;

export function isNumeric(value: Value): value is Numeric {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint;
}

/**
 * -1, 0 or 1; NaN if one of them is not a number. An integer meets a double as a double, so that digits beyond 2^53
 * don't count, as the language's conformance suite has it.
 */
export function compareNumbers(a: Numeric, b: Numeric): number {
  const left = a instanceof Uint ? a.value : a;
  const right = b instanceof Uint ? b.value : b;
  return typeof left === typeof right ? order(left, right) : order(Number(left), Number(right));
}

function order(left: bigint | number, right: bigint | number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  return left === right ? 0 : Number.NaN;
}

export function bytesCompare(a: Uint8Array, b: Uint8Array, meter: Meter): number {
  const length = Math.min(a.length, b.length);
  meter.chargeText(length);
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(a.length - b.length);
}

/** By code points, which JavaScript's own comparison of UTF-16 units is not. */
export function compareText(a: string, b: string, meter: Meter): number {
  meter.chargeText(Math.min(a.length, b.length));
  let index = 0;
  while (index < a.length && index < b.length && a.charCodeAt(index) === b.charCodeAt(index)) index++;
  if (index === a.length || index === b.length) return Math.sign(a.length - b.length);
  // Inside a pair of surrogates the pair as a whole decides.
  const start = isTrail(a, index) || isTrail(b, index) ? index - 1 : index;
  return Math.sign((a.codePointAt(Math.max(start, 0)) ?? 0) - (b.codePointAt(Math.max(start, 0)) ?? 0));
}

function isTrail(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return index > 0 && unit >= 0xdc00 && unit <= 0xdfff;
}
