import type { KubeClient } from '../client/client.ts';
import type { Clock } from '../clock.ts';
import { createLineSplitter } from '../json/lines.ts';
import { selectionQuery, type Selection } from '../pages.ts';
import { resourcePath } from '../paths.ts';
import { readWatchEvent, type WatchEvent } from './events.ts';

export interface WatchOptions {
  readonly client: KubeClient;
  readonly selection: Selection;
  readonly resourceVersion: string;
  readonly clock: Clock;
  /** A watch that says nothing for so long is taken for dead. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
}

/** Between 5 and 10 minutes, so that the watches of many clients don't end together. */
const MIN_TIMEOUT_SECONDS = 300;

/**
 * etcd takes 1.5 MiB for an object and the API server 3 MiB for a request; JSON can be some times longer than what is
 * stored, by escapes and conversion.
 */
const MAX_EVENT_BYTES = 32 * 1024 * 1024;

/**
 * Follows a selection from `resourceVersion` on, the events of a chunk at a time. Ends when the server ends the watch or
 * has fallen silent: the API server sends a bookmark about every minute, so silence means a dead connection, and if it
 * doesn't, a new watch from the same point costs little. Throws KubeError for everything else.
 */
export async function* watchEvents(options: WatchOptions): AsyncGenerator<readonly WatchEvent[], void> {
  const { client, selection, resourceVersion, clock, silenceMs, signal, onOpen } = options;
  const timeoutSeconds = MIN_TIMEOUT_SECONDS + Math.floor(clock.random() * MIN_TIMEOUT_SECONDS);
  const silence = new AbortController();
  const stop = (): void => silence.abort();
  signal.addEventListener('abort', stop, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(stop, silenceMs);
  };
  const query = {
    ...selectionQuery(selection),
    watch: 1,
    allowWatchBookmarks: 'true',
    resourceVersion,
    timeoutSeconds,
  };
  const path = resourcePath(selection.resource, { namespace: selection.namespace });
  const lines = createLineSplitter(MAX_EVENT_BYTES);
  if (signal.aborted) stop();
  try {
    const opened = (): void => {
      heard();
      onOpen();
    };
    for await (const chunk of client.stream({ path, query, signal: silence.signal, onOpen: opened })) {
      heard();
      const { events, error } = readLines(lines.push(chunk), (line) => readWatchEvent(line, selection.resource));
      if (events.length > 0) yield events;
      if (error !== undefined) throw error;
    }
  } catch (error) {
    // Silence was ours to end; a caller that aborts doesn't want to hear of it either.
    if (!silence.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    silence.abort();
  }
}

/** Reads as many lines as make sense: an error counts from where it stands, not for what came before. */
function readLines(
  lines: readonly Uint8Array[],
  read: (line: Uint8Array) => WatchEvent,
): { readonly events: readonly WatchEvent[]; readonly error?: Error } {
  const events: WatchEvent[] = [];
  for (const line of lines) {
    try {
      events.push(read(line));
    } catch (error) {
      return { events, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }
  return { events };
}
