import type { KubeClient } from '../client/client.ts';
import { systemClock, type Clock } from '../clock.ts';
import { isKubeError, KubeError } from '../errors.ts';
import type { Item } from '../json/items.ts';
import { objectKey, type KubeObject } from '../object.ts';
import { listPagesPatiently, type Selection } from '../pages.ts';
import { createBackoff } from './backoff.ts';
import type { WatchEvent } from './events.ts';
import { createCollector, createStore, StoreFullError, type Change, type Entry } from './store.ts';
import { watchEvents } from './watch.ts';

/**
 * `starting` until the first list is complete, `synced` while the watch follows, `stale` while the server can't be
 * followed, `failed` when the objects outgrew `maxBytes` and the reflector has given up.
 */
export type ReflectorState = 'starting' | 'synced' | 'stale' | 'failed';

export interface ReflectorOptions<T extends KubeObject> extends Selection {
  readonly client: KubeClient;
  /** What to keep of an object, or of its JSON text, which is part of a longer one; undefined for nothing. Default: all of it. */
  readonly transform?: ((object: KubeObject, raw: Uint8Array) => T | undefined) | undefined;
  /** Also keeps every object's JSON text, for numbers beyond 2^53 and for passing on. Default: false. */
  readonly keepRaw?: boolean | undefined;
  /** Objects in a page of a list. Default: 500. */
  readonly pageSize?: number | undefined;
  /** The bound on the JSON of all objects kept. Default: 512 MiB. */
  readonly maxBytes?: number | undefined;
  /** Called after every batch of changes, once they can be read. What it throws lands in `lastError`. */
  readonly onChange?: ((changes: readonly Change<T>[]) => void) | undefined;
  /** Default: 3 minutes, three bookmarks. */
  readonly silenceMs?: number | undefined;
  /** The time limit of each page of a list. Default: 60 s. */
  readonly listTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** A copy of a selection of objects that follows the server. */
export interface Reflector<T extends KubeObject> {
  readonly state: ReflectorState;
  /** Since when the copy may be behind, in milliseconds of the clock; undefined while it is synced. */
  readonly staleSince: number | undefined;
  /** What went wrong last, kept until the server can be followed again. */
  readonly lastError: Error | undefined;
  /** Counts batches of changes: what was computed at the same version is still good. */
  readonly version: number;
  /** The length of the JSON of all objects. */
  readonly bytes: number;
  readonly size: number;
  readonly get: (namespace: string | undefined, name: string) => T | undefined;
  /** The JSON text with `keepRaw`. */
  readonly raw: (namespace: string | undefined, name: string) => Uint8Array | undefined;
  readonly list: () => readonly T[];
  /** All JSON texts with `keepRaw`, in the order of `list`. */
  readonly listRaw: () => readonly Uint8Array[];
  /** Resolves once the first list is complete. Throws KubeError `timeout` with the last error as its cause. */
  readonly ready: (timeoutMs: number) => Promise<void>;
  /** Ends the watch. The objects stay readable. */
  readonly stop: () => Promise<void>;
}

const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;
const DEFAULT_SILENCE_MS = 180_000;
const DEFAULT_LIST_TIMEOUT_MS = 60_000;

/** A watch that ends sooner, without an event, did not work, and is not tried again at once. */
const SHORT_WATCH_MS = 1000;

/** Codes after which a watch goes on from where it was. After any other only a new list can be trusted. */
const RESUMABLE = ['network', 'too-many-requests', 'unavailable', 'aborted', 'unauthorized', 'forbidden'] as const;

/** Starts at once. */
export function createReflector<T extends KubeObject = KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const { client, clock = systemClock, transform, keepRaw = false, maxBytes = DEFAULT_MAX_BYTES, onChange } = options;
  const store = createStore<T>(maxBytes);
  const stopping = new AbortController();
  const { signal } = stopping;
  const backoff = createBackoff(clock);
  const synced = Promise.withResolvers<void>();
  let state: ReflectorState = 'starting';
  let staleSince: number | undefined = clock.now();
  let lastError: Error | undefined;
  let version = 0;
  /** From where to watch; undefined when a list is due. */
  let position: string | undefined;

  const toEntry = (item: Item): Entry<T> | undefined => {
    const object = guarded(() => (transform === undefined ? (item.object as T) : transform(item.object, item.raw)));
    if (object === undefined) return undefined;
    const { resourceVersion } = item.object.metadata;
    // A slice would keep the whole page alive.
    const raw = keepRaw ? Uint8Array.from(item.raw) : undefined;
    return { object, resourceVersion, raw, bytes: item.raw.length };
  };
  /** Callbacks are other people's code: what they throw is noted and must not end the watch. */
  const guarded = <R>(callback: () => R): R | undefined => {
    try {
      return callback();
    } catch (cause) {
      lastError = new KubeError('handler', `${options.resource.plural}: a handler failed`, { cause });
      return undefined;
    }
  };
  const publish = (changes: readonly Change<T>[]): void => {
    if (changes.length === 0) return;
    version += 1;
    guarded(() => onChange?.(changes));
  };
  const succeed = (): void => {
    state = 'synced';
    staleSince = undefined;
    if (lastError !== undefined && !isKubeError(lastError, 'handler')) lastError = undefined;
  };
  const list = async (): Promise<void> => {
    const collector = createCollector(toEntry, maxBytes);
    let resourceVersion = '';
    const { pageSize, listTimeoutMs: timeoutMs = DEFAULT_LIST_TIMEOUT_MS } = options;
    const pages = listPagesPatiently(client, options, { pageSize, signal, timeoutMs, restart: collector.clear });
    for await (const page of pages) {
      collector.add(page.items);
      resourceVersion = page.resourceVersion;
    }
    if (signal.aborted) return;
    const changes = store.replace(collector.entries);
    position = resourceVersion;
    succeed();
    publish(changes);
    synced.resolve();
  };
  const applyEvents = (events: readonly WatchEvent[]): void => {
    const changes: Change<T>[] = [];
    try {
      for (const event of events) {
        const change = applyEvent(event);
        if (change !== undefined) changes.push(change);
      }
    } finally {
      publish(changes);
    }
  };
  const applyEvent = (event: WatchEvent): Change<T> | undefined => {
    if (event.type === 'bookmark') {
      position = event.resourceVersion;
      return undefined;
    }
    const { object } = event.item;
    const key = objectKey(object);
    const entry = event.type === 'put' ? toEntry(event.item) : undefined;
    const change = entry === undefined ? store.remove(key) : store.put(key, entry);
    position = object.metadata.resourceVersion ?? position;
    return change;
  };
  const watch = async (resourceVersion: string): Promise<void> => {
    const startedAt = clock.now();
    let events = 0;
    const { silenceMs = DEFAULT_SILENCE_MS } = options;
    for await (const batch of watchEvents({
      client,
      selection: options,
      resourceVersion,
      clock,
      silenceMs,
      signal,
      onOpen: succeed,
    })) {
      if (signal.aborted) return;
      applyEvents(batch);
      events += batch.length;
      backoff.reset();
    }
    if (clock.now() - startedAt >= SHORT_WATCH_MS) backoff.reset();
    else if (events === 0 && !signal.aborted) {
      throw new KubeError('network', `watch of ${options.resource.plural}: ended as soon as it began`);
    }
  };
  const fail = (error: unknown): void => {
    lastError = error instanceof Error ? error : new Error(String(error));
    staleSince ??= clock.now();
    if (state === 'synced') state = 'stale';
    if (error instanceof StoreFullError) {
      state = 'failed';
      synced.reject(error);
      stopping.abort();
    }
    // A watch that lost its place, or whose answers make no sense, is worth nothing: the list decides.
    if (!isKubeError(error, ...RESUMABLE)) position = undefined;
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        if (position === undefined) await list();
        else await watch(position);
      } catch (error) {
        if (signal.aborted) return;
        fail(error);
        // Even an expired watch waits before the list that mends it: a server may forget at once, again and again.
        await clock.sleep(backoff.next(), signal);
      }
    }
  };

  // Who never asks whether it is ready must not bring the process down.
  synced.promise.catch(() => {});
  const running = run();
  return {
    get state() {
      return state;
    },
    get staleSince() {
      return staleSince;
    },
    get lastError() {
      return lastError;
    },
    get version() {
      return version;
    },
    get bytes() {
      return store.bytes();
    },
    get size() {
      return store.entries.size;
    },
    get: (namespace, name) => store.get(namespace, name)?.object,
    raw: (namespace, name) => store.get(namespace, name)?.raw,
    list: () =>
      store.entries
        .values()
        .map(({ object }) => object)
        .toArray(),
    listRaw: () =>
      store.entries
        .values()
        .flatMap(({ raw }) => (raw === undefined ? [] : [raw]))
        .toArray(),
    ready: (timeoutMs) =>
      withTimeout(synced.promise, timeoutMs, () => notReady(options.resource.plural, timeoutMs, lastError)),
    stop: async () => {
      stopping.abort();
      synced.reject(new KubeError('aborted', `${options.resource.plural}: the reflector was stopped`));
      await running;
    },
  };
}

function notReady(plural: string, timeoutMs: number, cause: Error | undefined): KubeError {
  const why = cause === undefined ? '' : `: ${cause.message}`;
  return new KubeError('timeout', `${plural}: not listed within ${timeoutMs} ms${why}`, { cause });
}

async function withTimeout(promise: Promise<void>, timeoutMs: number, error: () => Error): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(error()), timeoutMs);
  });
  try {
    await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
