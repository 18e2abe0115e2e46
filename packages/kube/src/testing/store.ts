import { randomUUID } from 'node:crypto';
import { keyOf, objectKey, type KubeObject, type ObjectMeta } from '../object.ts';
import { apiVersionOf, type ApiResource } from '../paths.ts';
import { isRecord, type JsonRecord } from '../record.ts';
import { serverSideApply, type Ownership } from './merge.ts';
import { FakeStatus } from './status.ts';

export type FakeObject = KubeObject & JsonRecord;

/** A change, as watches tell it. */
export interface FakeChange {
  readonly revision: number;
  readonly resource: ApiResource;
  readonly before: FakeObject | undefined;
  /** Undefined for a deletion. */
  readonly after: FakeObject | undefined;
}

export interface FakePreconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** The objects of a fake API server, with the rules that matter to clients. Throws FakeStatus. */
export interface FakeStore {
  readonly revision: () => number;
  readonly get: (resource: ApiResource, namespace: string | undefined, name: string) => FakeObject;
  readonly list: (resource: ApiResource, namespace: string | undefined) => readonly FakeObject[];
  readonly create: (resource: ApiResource, object: JsonRecord) => FakeObject;
  /** `part` is what the endpoint may change: everything but the status, or only that. */
  readonly update: (resource: ApiResource, object: JsonRecord, part?: 'main' | 'status') => FakeObject;
  readonly apply: (
    resource: ApiResource,
    object: JsonRecord,
    manager: string,
    force: boolean,
    part?: 'main' | 'status',
  ) => FakeObject;
  readonly remove: (
    resource: ApiResource,
    namespace: string | undefined,
    name: string,
    preconditions?: FakePreconditions,
  ) => FakeObject;
  /** What happened after `revision`; undefined once that is forgotten. */
  readonly since: (revision: number) => readonly FakeChange[] | undefined;
  /** Forgets all history, so that older resource versions are gone. */
  readonly compact: () => void;
  readonly subscribe: (listener: (change: FakeChange) => void) => () => void;
}

const MAX_HISTORY = 100_000;

export function createFakeStore(now: () => Date): FakeStore {
  const tables = new Map<string, Map<string, FakeObject>>();
  const owners = new Map<string, Ownership>();
  const listeners = new Set<(change: FakeChange) => void>();
  let history: FakeChange[] = [];
  let compacted = 0;
  let revision = 1;

  const table = ({ group, plural }: ApiResource): Map<string, FakeObject> => {
    const id = `${plural}.${group}`;
    const found = tables.get(id) ?? new Map<string, FakeObject>();
    tables.set(id, found);
    return found;
  };
  const commit = (
    resource: ApiResource,
    key: string,
    before: FakeObject | undefined,
    after: FakeObject | undefined,
  ): FakeObject => {
    revision += 1;
    const stamp = (object: FakeObject): FakeObject => withMeta(object, { resourceVersion: String(revision) });
    const stamped = after === undefined ? undefined : stamp(after);
    // The last state of a deleted object carries the revision of its deletion.
    const last = before !== undefined && stamped === undefined ? stamp(before) : before;
    if (stamped === undefined) table(resource).delete(key);
    else table(resource).set(key, stamped);
    const change: FakeChange = { revision, resource, before: last, after: stamped };
    history.push(change);
    if (history.length > MAX_HISTORY) compacted = history.shift()?.revision ?? compacted;
    for (const listener of listeners) listener(change);
    return stamped ?? last ?? fail();
  };
  const find = (resource: ApiResource, namespace: string | undefined, name: string): FakeObject => {
    const found = table(resource).get(keyOf(namespace, name));
    if (found === undefined) throw notFound(resource, name);
    return found;
  };
  const settle = (resource: ApiResource, key: string, before: FakeObject, after: FakeObject): FakeObject => {
    const { deletionTimestamp, finalizers = [] } = after.metadata;
    if (deletionTimestamp !== undefined && finalizers.length === 0) {
      owners.delete(`${resource.plural}/${key}`);
      return commit(resource, key, before, undefined);
    }
    // A write that changes nothing is no change, as in a real API server.
    return JSON.stringify(before) === JSON.stringify(after) ? before : commit(resource, key, before, after);
  };
  const create = (resource: ApiResource, given: JsonRecord): FakeObject => {
    const meta = metaOf(given);
    const name =
      meta.name ?? (meta.generateName === undefined ? undefined : `${meta.generateName}${randomUUID().slice(0, 5)}`);
    if (name === undefined || name === '') throw new FakeStatus(422, 'Invalid', 'metadata.name: Required value');
    const key = keyOf(meta.namespace, name);
    if (table(resource).has(key))
      throw new FakeStatus(409, 'AlreadyExists', `${resource.plural} "${name}" already exists`);
    const { resourceVersion: _ignored, ...rest } = meta;
    const metadata: ObjectMeta = {
      ...rest,
      name,
      uid: randomUUID(),
      generation: 1,
      creationTimestamp: timestamp(now()),
    };
    const object = { ...given, ...typeOf(resource), metadata } as FakeObject;
    return commit(resource, key, undefined, hasStatus(resource) ? without(object, 'status') : object);
  };
  const update = (resource: ApiResource, given: JsonRecord, part: 'main' | 'status' = 'main'): FakeObject => {
    const meta = metaOf(given);
    const before = find(resource, meta.namespace, meta.name ?? '');
    if (meta.resourceVersion !== undefined && meta.resourceVersion !== before.metadata.resourceVersion) {
      throw new FakeStatus(409, 'Conflict', `${resource.plural} "${meta.name}": the object has been modified`);
    }
    if (meta.uid !== undefined && meta.uid !== before.metadata.uid)
      throw new FakeStatus(409, 'Conflict', 'the uid differs');
    return settle(resource, objectKey(before), before, partOf(resource, before, given, part));
  };
  return {
    create,
    update,
    revision: () => revision,
    get: find,
    list: (resource, namespace) => {
      const objects = [...table(resource).values()].filter(
        ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
      );
      return objects.toSorted((a, b) => (objectKey(a) < objectKey(b) ? -1 : 1));
    },
    apply: (resource, given, manager, force, part = 'main') => {
      const meta = metaOf(given);
      const key = keyOf(meta.namespace, meta.name ?? '');
      const id = `${resource.plural}/${key}`;
      const before = table(resource).get(key);
      const mine = owners.get(id) ?? new Map<string, Set<string>>();
      const after = serverSideApply(
        before ?? {},
        given,
        part === 'status' ? `${manager} status` : manager,
        force,
        mine,
      );
      owners.set(id, mine);
      if (before === undefined && part === 'status') throw notFound(resource, meta.name ?? '');
      return before === undefined ? create(resource, after) : update(resource, after, part);
    },
    remove: (resource, namespace, name, preconditions = {}) => {
      const before = find(resource, namespace, name);
      const { uid, resourceVersion, finalizers = [], deletionTimestamp } = before.metadata;
      if (
        (preconditions.uid ?? uid) !== uid ||
        (preconditions.resourceVersion ?? resourceVersion) !== resourceVersion
      ) {
        throw new FakeStatus(409, 'Conflict', `the precondition of deleting ${resource.plural} "${name}" failed`);
      }
      const key = objectKey(before);
      if (finalizers.length === 0)
        return settle(resource, key, before, withMeta(before, { deletionTimestamp: timestamp(now()) }));
      if (deletionTimestamp !== undefined) return before;
      return commit(resource, key, before, withMeta(before, { deletionTimestamp: timestamp(now()) }));
    },
    since: (from) => (from < compacted ? undefined : history.filter(({ revision: one }) => one > from)),
    compact: () => {
      compacted = revision;
      history = [];
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What the server makes of an object that was sent to an endpoint. */
function partOf(resource: ApiResource, before: FakeObject, given: JsonRecord, part: 'main' | 'status'): FakeObject {
  const { uid, generation = 1, creationTimestamp, deletionTimestamp, resourceVersion } = before.metadata;
  if (part === 'status') return { ...before, status: given['status'] };
  const kept = { uid, generation, creationTimestamp, deletionTimestamp, resourceVersion };
  const sent = { ...given, ...typeOf(resource), metadata: defined({ ...metaOf(given), ...kept }) } as FakeObject;
  const main = hasStatus(resource)
    ? { ...without(sent, 'status'), ...('status' in before ? { status: before['status'] } : {}) }
    : sent;
  const changed = JSON.stringify(contentOf(before)) !== JSON.stringify(contentOf(main));
  return changed ? withMeta(main, { generation: generation + 1 }) : main;
}

/** Everything but metadata and status: what a new generation is about. */
function contentOf(object: FakeObject): JsonRecord {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== 'metadata' && name !== 'status'));
}

function typeOf(resource: ApiResource): { readonly apiVersion: string; readonly kind: string } {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind };
}

function hasStatus({ subresources }: ApiResource): boolean {
  return subresources.includes('status');
}

function metaOf(object: JsonRecord): Partial<ObjectMeta> {
  const { metadata } = object;
  return isRecord(metadata) ? metadata : {};
}

function withMeta(object: FakeObject, meta: Partial<ObjectMeta>): FakeObject {
  return { ...object, metadata: { ...object.metadata, ...meta } };
}

function without(object: FakeObject, name: string): FakeObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name)) as unknown as FakeObject;
}

function defined(record: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function notFound(resource: ApiResource, name: string): FakeStatus {
  return new FakeStatus(404, 'NotFound', `${resource.plural} "${name}" not found`);
}

function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function fail(): never {
  throw new FakeStatus(500, 'InternalError', 'a change of nothing');
}
