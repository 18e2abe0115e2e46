import type { ServerResponse } from 'node:http';
import { apiVersionOf, type ApiResource } from '../paths.ts';
import { selectorOf } from './selection.ts';
import { statusObject } from './status.ts';
import type { FakeChange, FakeObject, FakeStore } from './store.ts';

export interface FakeWatchOptions {
  /** Default: 60 s. */
  readonly bookmarkMs: number;
  /** Writes events in pieces of so many bytes; undefined: whole. */
  readonly chunkBytes: number | undefined;
}

/** Serves a watch until the client goes, its time is up, or the fake drops it by destroying the response. */
export function serveWatch(
  store: FakeStore,
  resource: ApiResource,
  namespace: string | undefined,
  query: URLSearchParams,
  response: ServerResponse,
  options: FakeWatchOptions,
): void {
  const selects = selectorOf(query);
  const from = Number(query.get('resourceVersion') || '0');
  const matches = (object: FakeObject | undefined): object is FakeObject =>
    object !== undefined && (namespace === undefined || object.metadata.namespace === namespace) && selects(object);
  const write = (event: object): void => {
    const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
    const step = options.chunkBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += step) response.write(bytes.subarray(at, at + step));
  };
  const tell = (change: FakeChange): void => {
    if (change.resource.plural !== resource.plural || change.resource.group !== resource.group) return;
    const { before, after, revision } = change;
    if (matches(after)) write({ type: matches(before) ? 'MODIFIED' : 'ADDED', object: after });
    else if (matches(before)) {
      const metadata = { ...before.metadata, resourceVersion: String(revision) };
      write({ type: 'DELETED', object: { ...before, metadata } });
    }
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const missed = from === 0 ? [] : store.since(from);
  if (missed === undefined) {
    write({ type: 'ERROR', object: statusObject(410, 'Expired', `too old resource version: ${from}`) });
    response.end();
    return;
  }
  if (from === 0)
    for (const object of store.list(resource, namespace).filter(matches)) write({ type: 'ADDED', object });
  for (const change of missed) tell(change);
  const unsubscribe = store.subscribe(tell);
  const bookmark = (): void => {
    const metadata = { resourceVersion: String(store.revision()) };
    write({ type: 'BOOKMARK', object: { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata } });
  };
  const timers = [setTimeout(() => response.end(), Number(query.get('timeoutSeconds') ?? '1800') * 1000)];
  if (query.get('allowWatchBookmarks') === 'true') timers.push(setInterval(bookmark, options.bookmarkMs));
  response.once('close', () => {
    unsubscribe();
    for (const timer of timers) clearTimeout(timer);
  });
}
