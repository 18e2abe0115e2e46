import type { Type } from '../types.ts';
import { CelMap, Duration, Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from '../value.ts';

/** Whether a value may stand for a parameter; the elements of lists and maps are not looked at. */
export function accepts(type: Type, value: Value): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'parameter':
      return true;
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint';
    case 'uint':
      return value instanceof Uint;
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'bytes':
      return value instanceof Uint8Array;
    case 'null':
      return value === null;
    case 'timestamp':
      return value instanceof Timestamp;
    case 'duration':
      return value instanceof Duration;
    case 'list':
      return Array.isArray(value);
    case 'map':
      return value instanceof CelMap;
    case 'optional':
      return value instanceof Optional;
    case 'type':
      return value instanceof TypeValue;
    case 'object':
      return value instanceof Opaque && value.type === type;
  }
}

/** How much text a function may have to look at: UTF-16 units of a string, bytes of bytes. */
export function textLength(value: Value): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
}
