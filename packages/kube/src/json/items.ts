import { KubeError } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import { apiVersionOf, type ApiResource } from '../paths.ts';
import { isRecord } from '../record.ts';
import { parseSlice, type Slice } from './slices.ts';

/** An object as the API sent it. */
export interface Item {
  readonly object: KubeObject;
  /** The JSON it was parsed from, apiVersion and kind included; numbers are as they were written. */
  readonly raw: Uint8Array;
}

type Named = Pick<ApiResource, 'group' | 'version' | 'kind'>;

/**
 * Parses an object of a list or a watch. Lists leave apiVersion and kind out: both are added, to the text as well.
 * Throws KubeError `not-json` for anything that is no object with a name.
 */
export function readItem(bytes: Uint8Array, slice: Slice, resource: Named): Item {
  const value = parseSlice(bytes, slice);
  if (!isRecord(value) || !isRecord(value['metadata']) || typeof value['metadata']['name'] !== 'string') {
    throw new KubeError('not-json', 'an item of the answer is not an object with a name');
  }
  const missing = {
    ...(typeof value['apiVersion'] === 'string' ? {} : { apiVersion: apiVersionOf(resource) }),
    ...(typeof value['kind'] === 'string' ? {} : { kind: resource.kind }),
  };
  const raw = bytes.subarray(slice.start, slice.end);
  if (Object.keys(missing).length === 0) return { object: value as unknown as KubeObject, raw };
  // The text starts with a brace and has a member, `metadata`, after it.
  const head = Buffer.from(`${JSON.stringify(missing).slice(0, -1)},`);
  const object = { ...missing, ...value } as unknown as KubeObject;
  return { object, raw: Buffer.concat([head, raw.subarray(1)]) };
}
