import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, NULL, optionalOf } from '../types.ts';
import { STRING, TIMESTAMP, typeType, UINT, type Type } from '../types.ts';
import { CelError } from '../error.ts';
import { parseDuration, parseTimestamp } from '../library/time.ts';
import { CelMap, TypeValue, Uint, type Value } from '../value.ts';

/** A test that speaks of something the language here does not have, such as messages. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

/** The members of a SimpleTest in the JSON form of its protocol buffer that the harness reads. */
export interface RawTest {
  readonly name?: string;
  readonly expr: string;
  readonly disableCheck?: boolean;
  readonly checkOnly?: boolean;
  readonly value?: RawValue;
  readonly typedResult?: { readonly result?: RawValue; readonly deducedType?: RawType };
  readonly evalError?: unknown;
  readonly anyEvalErrors?: unknown;
  readonly bindings?: Readonly<Record<string, { readonly value?: RawValue }>>;
  readonly typeEnv?: readonly {
    readonly name: string;
    readonly ident?: { readonly type?: RawType };
    readonly function?: unknown;
  }[];
}

export type RawValue = Readonly<Record<string, never>> & {
  readonly nullValue?: null;
  readonly boolValue?: boolean;
  readonly int64Value?: string;
  readonly uint64Value?: string;
  readonly doubleValue?: number | string;
  readonly stringValue?: string;
  readonly bytesValue?: string;
  readonly typeValue?: string;
  readonly listValue?: { readonly values?: readonly RawValue[] };
  readonly mapValue?: { readonly entries?: readonly { readonly key: RawValue; readonly value: RawValue }[] };
  readonly objectValue?: { readonly '@type': string; readonly value?: string };
};

export interface RawType {
  readonly primitive?: string;
  readonly wellKnown?: string;
  readonly null?: unknown;
  readonly dyn?: unknown;
  readonly typeParam?: string;
  readonly type?: RawType;
  readonly listType?: { readonly elemType?: RawType };
  readonly mapType?: { readonly keyType?: RawType; readonly valueType?: RawType };
  readonly abstractType?: { readonly name: string; readonly parameterTypes?: readonly RawType[] };
}

export function readValue(raw: RawValue): Value {
  if (raw.nullValue !== undefined) return null;
  if (raw.boolValue !== undefined) return raw.boolValue;
  if (raw.int64Value !== undefined) return BigInt(raw.int64Value);
  if (raw.uint64Value !== undefined) return new Uint(BigInt(raw.uint64Value));
  if (raw.doubleValue !== undefined) return Number(raw.doubleValue);
  if (raw.stringValue !== undefined) return raw.stringValue;
  if (raw.bytesValue !== undefined) return Uint8Array.fromBase64(raw.bytesValue);
  if (raw.typeValue !== undefined) return new TypeValue(raw.typeValue);
  if (raw.listValue !== undefined) return (raw.listValue.values ?? []).map(readValue);
  if (raw.mapValue !== undefined) return readMap(raw.mapValue.entries ?? []);
  return readObject(raw.objectValue);
}

function readMap(entries: readonly { readonly key: RawValue; readonly value: RawValue }[]): Value {
  const map = CelMap.of(entries.map(({ key, value }) => [readValue(key), readValue(value)] as const));
  if (map === undefined) throw new Unsupported('a key repeats');
  return map;
}

function readObject(object: RawValue['objectValue']): Value {
  const type = object?.['@type'].split('/').at(-1) ?? 'nothing';
  const text = object?.value ?? '';
  const value =
    type === 'google.protobuf.Duration'
      ? parseDuration(text)
      : type === 'google.protobuf.Timestamp'
        ? parseTimestamp(text)
        : undefined;
  if (value === undefined || value instanceof CelError) throw new Unsupported(`the message ${type}`);
  return value;
}

const PRIMITIVES: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['BOOL', BOOL],
  ['INT64', INT],
  ['UINT64', UINT],
  ['DOUBLE', DOUBLE],
  ['STRING', STRING],
  ['BYTES', BYTES],
  ['TIMESTAMP', TIMESTAMP],
  ['DURATION', DURATION],
  ['ANY', DYN],
]);

export function readType(raw: RawType | undefined): Type {
  const simple = PRIMITIVES.get(raw?.primitive ?? raw?.wellKnown ?? '');
  if (simple !== undefined) return simple;
  if (raw?.listType !== undefined) return listOf<Value>(readType(raw.listType.elemType));
  if (raw?.mapType !== undefined) return mapOf(readType(raw.mapType.keyType), readType(raw.mapType.valueType));
  if (raw?.type !== undefined) return typeType(readType(raw.type));
  if (raw?.dyn !== undefined || raw?.typeParam !== undefined) return DYN;
  if (raw?.null !== undefined) return NULL;
  const [of] = raw?.abstractType?.parameterTypes ?? [];
  if (raw?.abstractType?.name === 'optional_type' && of !== undefined) return optionalOf(readType(of));
  throw new Unsupported('a type of messages');
}

export function readDeclarations(test: RawTest): Readonly<Record<string, Type>> {
  const declared = (test.typeEnv ?? []).map(({ name, ident, function: own }) => {
    if (own !== undefined) throw new Unsupported('a function of the test');
    return [name, readType(ident?.type)] as const;
  });
  return Object.fromEntries(declared);
}

export function readBindings(test: RawTest): Readonly<Record<string, Value>> {
  const bindings = Object.entries(test.bindings ?? {});
  return Object.fromEntries(bindings.map(([name, { value }]) => [name, value === undefined ? null : readValue(value)]));
}
