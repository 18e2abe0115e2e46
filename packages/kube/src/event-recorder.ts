import { randomUUID } from 'node:crypto';
import type { KubeClient } from './client/client.ts';
import { systemClock, type Clock } from './clock.ts';
import { microTime } from './leader/lease.ts';
import type { KubeObject } from './object.ts';
import { resource } from './paths.ts';
import type { JsonRecord } from './record.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';
import { create, patch } from './verbs.ts';

export interface EventRecorderOptions {
  /** The `reportingController`, as in `ostiary.dev/controller`. */
  readonly component: string;
  /** As a pod's name. */
  readonly reportingInstance: string;
  readonly clock?: Clock;
  /** Hears why an event could not be written. Default: dropped. */
  readonly onError?: (error: unknown) => void;
}

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** In CamelCase, as in `PolicyActive`. */
  readonly reason: string;
  /** What was being done, in CamelCase. */
  readonly action: string;
  /** For people. */
  readonly note: string;
}

/** Tells people what happened to an object (`events.k8s.io/v1`). */
export interface EventRecorder {
  /** Returns at once and never throws; events are a courtesy, and too many of them are dropped. */
  readonly record: (regarding: KubeObject, event: EventNote) => void;
  /** Resolves when everything recorded so far is written or dropped. */
  readonly flush: () => Promise<void>;
  /** How many were dropped, by rate or failure. */
  readonly dropped: () => number;
}

const EVENTS = resource('events.k8s.io/v1', 'Event', 'events');

/** The limits of `events.k8s.io/v1`, in characters that may have several bytes, hence the room. */
const MAX_NOTE_LENGTH = 900;
const MAX_REASON_LENGTH = 128;

/** Each object has 25 events at once and one more every 5 minutes, as with client-go. */
const BURST = 25;
const PER_SECOND = 1 / 300;

/** The same thing again within this time is the same event, counted. */
const SERIES_MS = 6 * 60_000;

const MAX_SERIES = 1024;
const MAX_BUCKETS = 1024;
const MAX_PENDING = 1000;

interface Series {
  readonly name: string;
  count: number;
  lastAt: number;
}

export function createEventRecorder(client: KubeClient, options: EventRecorderOptions): EventRecorder {
  const { component, reportingInstance, clock = systemClock, onError = () => {} } = options;
  const series = new Map<string, Series>();
  const buckets = new Map<string, TokenBucket>();
  let tail: Promise<unknown> = Promise.resolve();
  let pending = 0;
  let dropped = 0;

  // One after the other: an event has to exist before it can be counted up.
  const write = (send: () => Promise<unknown>, forget: () => void): void => {
    pending += 1;
    tail = tail
      .then(send)
      .catch((error: unknown) => {
        dropped += 1;
        forget();
        onError(error);
      })
      .finally(() => {
        pending -= 1;
      });
  };
  const record = (regarding: KubeObject, event: EventNote): void => {
    const { metadata, kind, apiVersion } = regarding;
    const object = [apiVersion, kind, metadata.namespace, metadata.name, metadata.uid].join(' ');
    const bucket = remembered(buckets, object, MAX_BUCKETS, () => {
      return createTokenBucket({ perSecond: PER_SECOND, burst: BURST, now: clock.now });
    });
    const namespace = metadata.namespace ?? 'default';
    const key = [object, event.type, event.reason, event.action, event.note].join(' ');
    const known = series.get(key);
    const current = known !== undefined && clock.now() - known.lastAt < SERIES_MS ? known : undefined;
    if (current !== undefined) {
      current.count += 1;
      current.lastAt = clock.now();
    }
    if (pending >= MAX_PENDING || !bucket.take()) {
      dropped += 1;
      return;
    }
    const forget = (): void => void series.delete(key);
    if (current !== undefined) {
      const body = { series: { count: current.count, lastObservedTime: microTime(clock.date()) } };
      write(() => patch(client, EVENTS, { namespace, name: current.name }, body), forget);
      return;
    }
    const name = `${metadata.name.slice(0, 200)}.${randomUUID().slice(0, 13)}`;
    series.delete(key);
    remembered(series, key, MAX_SERIES, () => ({ name, count: 1, lastAt: clock.now() }));
    const body = eventObject(regarding, event, { name, namespace, component, reportingInstance, date: clock.date() });
    write(() => create(client, EVENTS, body), forget);
  };
  return {
    record: (regarding, event) => {
      try {
        record(regarding, event);
      } catch (error) {
        dropped += 1;
        onError(error);
      }
    },
    flush: async () => {
      await tail;
    },
    dropped: () => dropped,
  };
}

interface EventFrame {
  readonly name: string;
  readonly namespace: string;
  readonly component: string;
  readonly reportingInstance: string;
  readonly date: Date;
}

function eventObject(
  { apiVersion, kind, metadata }: KubeObject,
  event: EventNote,
  frame: EventFrame,
): KubeObject & JsonRecord {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: frame.name, namespace: frame.namespace },
    eventTime: microTime(frame.date),
    type: event.type,
    reason: event.reason.slice(0, MAX_REASON_LENGTH),
    action: event.action.slice(0, MAX_REASON_LENGTH),
    note: event.note.slice(0, MAX_NOTE_LENGTH),
    reportingController: frame.component,
    reportingInstance: frame.reportingInstance.slice(0, MAX_REASON_LENGTH),
    regarding: { apiVersion, kind, name, namespace, uid, resourceVersion },
  };
}

/** What `map` has under `key`, or a new one; the oldest makes room. */
function remembered<V>(map: Map<string, V>, key: string, most: number, make: () => V): V {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
  return value;
}
