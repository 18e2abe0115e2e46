import type { JsonValue } from '@ostiary/policy';
import { isObject } from '../request/value.ts';

/** A JSON value as YAML text, numbers too large for a double included. */
export async function toYaml(value: JsonValue): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(plain(value), { lineWidth: 0, aliasDuplicateObjects: false });
}

function plain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
  if (typeof value !== 'object' || value === null) return value;
  const text = JSON.stringify(value);
  return /^-?\d+$/.test(text) ? BigInt(text) : Number(text);
}
