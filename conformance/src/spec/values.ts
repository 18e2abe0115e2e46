import type { Expectation, Nan, Reference, Scalar, Value } from './script.ts';

/** What came out of a call: a number or vector as the digits of its bits, a reference as what JavaScript sees of it. */
export interface Result {
  readonly type: string;
  readonly text: string;
}

/** The objects that scripts call `ref.extern n` and `ref.host n`: the same for all who run them. */
const hostObjects = new Map<number, object>();

export function hostObject(number: number): object {
  const known = hostObjects.get(number);
  if (known) return known;
  const made = Object.freeze({ number });
  hostObjects.set(number, made);
  return made;
}

/** The little-endian bytes of a number or vector. */
export function toBytes(value: Exclude<Value, Reference>): Uint8Array {
  const lanes = value.type === 'v128' ? value.lanes : [value];
  return Uint8Array.from(lanes.flatMap(({ bits }) => [...Buffer.from(bits, 'hex')].reverse()));
}

/** The digits of little-endian bytes, the most significant first. */
export function toDigits(bytes: Uint8Array): string {
  return Buffer.from(bytes).reverse().toString('hex');
}

/** As JavaScript passes it to a function. The payload of a NaN is lost, a vector can't be passed at all. */
export function toJavaScript(value: Value): unknown {
  if (value.type === 'ref') return value.kind === 'null' ? null : hostObject(value.number ?? 0);
  const view = new DataView(toBytes(value).buffer);
  switch (value.type) {
    case 'i32':
      return view.getInt32(0, true);
    case 'i64':
      return view.getBigInt64(0, true);
    case 'f32':
      return view.getFloat32(0, true);
    case 'f64':
      return view.getFloat64(0, true);
    case 'i8':
    case 'i16':
    case 'v128':
      throw new TypeError(`JavaScript has no ${value.type}`);
  }
}

/** What JavaScript got from a function whose result has this type. */
export function fromJavaScript(value: unknown, type: string): Result {
  const view = new DataView(new ArrayBuffer(8));
  if (type === 'i32') view.setInt32(0, value as number, true);
  else if (type === 'i64') view.setBigInt64(0, value as bigint, true);
  else if (type === 'f32') view.setFloat32(0, value as number, true);
  else if (type === 'f64') view.setFloat64(0, value as number, true);
  else return { type, text: describeReference(value) };
  return { type, text: toDigits(new Uint8Array(view.buffer, 0, type.endsWith('32') ? 4 : 8)) };
}

export function describeReference(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'function') return 'func';
  if (typeof value === 'number') return `i31 ${value}`;
  const host = [...hostObjects].find(([, object]) => object === value);
  return host ? `host ${host[0]}` : 'object';
}

/** Whether a result is what the script expects. */
export function meets(result: Result, expected: Expectation): boolean {
  if (expected.type === 'either') return expected.cases.some((one) => meets(result, one));
  if (expected.type === 'ref') return meetsReference(result.text, expected);
  if (expected.type !== 'v128') return result.type === expected.type && meetsNumber(result.text, expected);
  // Digits have the most significant lane first.
  const width = 32 / expected.lanes.length;
  const lanes = [...expected.lanes].reverse();
  return (
    result.type === 'v128' &&
    lanes.every((lane, place) => meetsNumber(result.text.slice(place * width, (place + 1) * width), lane))
  );
}

function meetsReference(text: string, { kind, number }: Reference): boolean {
  if (kind === 'extern' || kind === 'host') return number === undefined ? text !== 'null' : text === `host ${number}`;
  if (kind === 'null' || kind === 'func') return text === kind;
  if (kind === 'i31') return text.startsWith('i31');
  if (kind === 'array' || kind === 'struct') return text === 'object';
  return text !== 'null' && text !== 'func';
}

/** A canonical NaN has the first bit of its payload alone; an arithmetic one has at least that. Signs don't count. */
function meetsNumber(digits: string, expected: Scalar | Nan): boolean {
  if ('bits' in expected) return digits === expected.bits;
  const mask = expected.type === 'f32' ? 0x7fc00000n : 0x7ff8000000000000n;
  const sign = expected.type === 'f32' ? 1n << 31n : 1n << 63n;
  const bits = BigInt(`0x${digits}`);
  return expected.nan === 'canonical' ? (bits & ~sign) === mask : (bits & mask) === mask;
}
