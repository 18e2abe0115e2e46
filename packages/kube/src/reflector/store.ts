import { KubeError } from '../errors.ts';
import { keyOf, objectKey, type KubeObject } from '../object.ts';
import type { Item } from '../json/items.ts';

/** What happened to one object. */
export type Change<T> =
  | { readonly type: 'add'; readonly key: string; readonly object: T }
  | { readonly type: 'update'; readonly key: string; readonly object: T; readonly old: T }
  | { readonly type: 'delete'; readonly key: string; readonly old: T };

export interface Entry<T> {
  readonly object: T;
  readonly resourceVersion: string | undefined;
  /** The object's JSON text; kept only on demand. */
  readonly raw: Uint8Array | undefined;
  /** The length of that text. */
  readonly bytes: number;
}

/** Turns an item into what is kept of it; undefined for nothing. */
export type ToEntry<T> = (item: Item) => Entry<T> | undefined;

/** The objects of a selection, by namespace and name. */
export interface Store<T> {
  readonly entries: ReadonlyMap<string, Entry<T>>;
  readonly bytes: () => number;
  readonly get: (namespace: string | undefined, name: string) => Entry<T> | undefined;
  /** Makes `entries` all there is, and says what that changed. */
  readonly replace: (entries: ReadonlyMap<string, Entry<T>>) => readonly Change<T>[];
  /** Throws KubeError `too-large` when the store would outgrow its bound. */
  readonly put: (key: string, entry: Entry<T>) => Change<T>;
  readonly remove: (key: string) => Change<T> | undefined;
}

export function createStore<T extends KubeObject>(maxBytes: number): Store<T> {
  let entries = new Map<string, Entry<T>>();
  let bytes = 0;
  return {
    get entries() {
      return entries;
    },
    bytes: () => bytes,
    get: (namespace, name) => entries.get(keyOf(namespace, name)),
    replace: (next) => {
      const changes = differences(entries, next);
      entries = new Map(next);
      bytes = totalBytes(next);
      return changes;
    },
    put: (key, entry) => {
      const old = entries.get(key);
      const total = bytes + entry.bytes - (old?.bytes ?? 0);
      if (total > maxBytes) throw outgrown(maxBytes);
      bytes = total;
      entries.set(key, entry);
      const { object } = entry;
      return old === undefined ? { type: 'add', key, object } : { type: 'update', key, object, old: old.object };
    },
    remove: (key) => {
      const old = entries.get(key);
      if (old === undefined) return undefined;
      bytes -= old.bytes;
      entries.delete(key);
      return { type: 'delete', key, old: old.object };
    },
  };
}

/** A list that is being read, page by page, before it replaces what was there. */
export interface Collector<T> {
  readonly add: (items: readonly Item[]) => void;
  readonly clear: () => void;
  readonly entries: ReadonlyMap<string, Entry<T>>;
}

/** Throws KubeError `too-large` from `add` once the list has more than `maxBytes`. */
export function createCollector<T>(toEntry: ToEntry<T>, maxBytes: number): Collector<T> {
  const entries = new Map<string, Entry<T>>();
  let bytes = 0;
  return {
    entries,
    add: (items) => {
      for (const item of items) {
        const entry = toEntry(item);
        if (entry === undefined) continue;
        bytes += entry.bytes;
        if (bytes > maxBytes) throw outgrown(maxBytes);
        entries.set(objectKey(item.object), entry);
      }
    },
    clear: () => {
      entries.clear();
      bytes = 0;
    },
  };
}

function differences<T>(
  before: ReadonlyMap<string, Entry<T>>,
  after: ReadonlyMap<string, Entry<T>>,
): readonly Change<T>[] {
  const changes: Change<T>[] = [];
  for (const [key, { object, resourceVersion }] of after) {
    const old = before.get(key);
    if (old === undefined) changes.push({ type: 'add', key, object });
    else if (resourceVersion === undefined || old.resourceVersion !== resourceVersion) {
      changes.push({ type: 'update', key, object, old: old.object });
    }
  }
  for (const [key, { object }] of before) if (!after.has(key)) changes.push({ type: 'delete', key, old: object });
  return changes;
}

function totalBytes<T>(entries: ReadonlyMap<string, Entry<T>>): number {
  return entries.values().reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The store's own bound, as opposed to a page or an event that is too large. */
export class StoreFullError extends KubeError {}

function outgrown(maxBytes: number): KubeError {
  return new StoreFullError('too-large', `the objects to keep have more than ${maxBytes} bytes`);
}
