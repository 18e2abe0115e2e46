import type { KubeObject } from './object.ts';
import { createReflector, type Reflector, type ReflectorOptions } from './reflector/reflector.ts';
import type { Change } from './reflector/store.ts';

/** What to do when an object comes, changes or goes. A handler should only note what is to be done, as a work queue does. */
export interface InformerHandler<T> {
  readonly onAdd?: (object: T) => void;
  readonly onUpdate?: (object: T, old: T) => void;
  readonly onDelete?: (old: T) => void;
}

/** A reflector that tells several listeners, and finds objects by more than their name. */
export interface Informer<T extends KubeObject> extends Reflector<T> {
  /** The handler hears of objects that are there already first. What it throws goes to `onHandlerError`. */
  readonly addHandler: (handler: InformerHandler<T>) => void;
  /** Finds objects by what `keysOf` says of them. A name can be taken once. */
  readonly index: (name: string, keysOf: (object: T) => readonly string[]) => void;
  /** The objects that an index has under `key`. Throws for an index that doesn't exist. */
  readonly byIndex: (name: string, key: string) => readonly T[];
}

export interface InformerOptions<T extends KubeObject> extends Omit<ReflectorOptions<T>, 'onChange'> {
  /** Default: the error is dropped. */
  readonly onHandlerError?: (error: unknown) => void;
}

interface Index<T> {
  readonly keysOf: (object: T) => readonly string[];
  /** By index key, then by object key. */
  readonly objects: Map<string, Map<string, T>>;
}

/** Starts at once. There is no resync: handlers hear of changes only. */
export function createInformer<T extends KubeObject = KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { onHandlerError = () => {} } = options;
  const handlers: InformerHandler<T>[] = [];
  const indexes = new Map<string, Index<T>>();
  const known = new Map<string, T>();

  const guarded = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      onHandlerError(error);
    }
  };
  const onChange = (changes: readonly Change<T>[]): void => {
    // Indexes are right before the first handler looks.
    for (const change of changes) {
      if (change.type === 'delete') known.delete(change.key);
      else known.set(change.key, change.object);
      for (const index of indexes.values()) guarded(() => reindex(index, change));
    }
    for (const change of changes) for (const handler of handlers) guarded(() => tell(handler, change));
  };
  const reflector = createReflector<T>({ ...options, onChange });
  return Object.assign(Object.create(reflector) as Reflector<T>, {
    addHandler: (handler: InformerHandler<T>): void => {
      handlers.push(handler);
      for (const object of known.values()) guarded(() => handler.onAdd?.(object));
    },
    index: (name: string, keysOf: (object: T) => readonly string[]): void => {
      if (indexes.has(name)) throw new TypeError(`there is an index ${name} already`);
      const index: Index<T> = { keysOf, objects: new Map() };
      indexes.set(name, index);
      for (const [key, object] of known) guarded(() => reindex(index, { type: 'add', key, object }));
    },
    byIndex: (name: string, key: string): readonly T[] => {
      const index = indexes.get(name);
      if (index === undefined) throw new TypeError(`there is no index ${name}`);
      return [...(index.objects.get(key)?.values() ?? [])];
    },
  });
}

function tell<T>(handler: InformerHandler<T>, change: Change<T>): void {
  switch (change.type) {
    case 'add':
      return handler.onAdd?.(change.object);
    case 'update':
      return handler.onUpdate?.(change.object, change.old);
    case 'delete':
      return handler.onDelete?.(change.old);
  }
}

function reindex<T>({ keysOf, objects }: Index<T>, change: Change<T>): void {
  if (change.type !== 'add') {
    for (const key of keysOf(change.old)) {
      const bucket = objects.get(key);
      bucket?.delete(change.key);
      if (bucket?.size === 0) objects.delete(key);
    }
  }
  if (change.type === 'delete') return;
  for (const key of keysOf(change.object)) {
    const bucket = objects.get(key) ?? new Map<string, T>();
    objects.set(key, bucket.set(change.key, change.object));
  }
}
