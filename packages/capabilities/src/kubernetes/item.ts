import type { KubeObject } from '@ostiary/kube';
import { strip } from '../json/strip.ts';

/** What is kept of an object: its name, and its text as lists show it. */
export interface StoredItem extends KubeObject {
  readonly text: Uint8Array;
}

/** @param raw The object's JSON, apiVersion and kind included. */
export function toStoredItem({ apiVersion, kind, metadata }: KubeObject, raw: Uint8Array): StoredItem {
  const { name, namespace } = metadata;
  return {
    apiVersion,
    kind,
    metadata: namespace === undefined ? { name } : { name, namespace },
    text: strip(raw),
  };
}

/** By namespace and name, as the API server lists them. */
export function byName(left: StoredItem, right: StoredItem): number {
  return (
    compare(left.metadata.namespace ?? '', right.metadata.namespace ?? '') ||
    compare(left.metadata.name, right.metadata.name)
  );
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
