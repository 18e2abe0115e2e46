import type { KubeClient } from './client/client.ts';
import type { KubeRequest } from './client/request.ts';
import { KubeError } from './errors.ts';
import type { KubeObject, ObjectRef } from './object.ts';
import { listPages, selectionQuery, type PageOptions, type Selection } from './pages.ts';
import { resourcePath, type ApiResource } from './paths.ts';

// What one does with objects. All of it throws KubeError, and resolves with the object as the server then has it.
// `T` is the caller's word for what the resource holds.

export interface WriteOptions {
  readonly fieldManager?: string | undefined;
  readonly subresource?: string | undefined;
  /** Checks everything and writes nothing. Default: false. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Takes fields over that others manage; without it they are a `conflict`. Default: true. */
  readonly force?: boolean;
}

export type PatchType = 'merge' | 'json' | 'strategic';

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

export async function get<T extends KubeObject>(
  client: KubeClient,
  resource: ApiResource,
  ref: ObjectRef,
  options: Pick<WriteOptions, 'subresource' | 'signal' | 'timeoutMs'> = {},
): Promise<T> {
  const { subresource, ...rest } = options;
  return client.json<T>({ ...rest, path: resourcePath(resource, { ...ref, subresource }) });
}

/** Server-side apply: creates the object, or makes the fields it names ours. */
export async function apply<T extends KubeObject>(
  client: KubeClient,
  resource: ApiResource,
  object: T,
  options: ApplyOptions,
): Promise<T> {
  const { force = true, ...rest } = options;
  return client.json<T>({
    ...writeRequest(resource, object.metadata, rest, { force }),
    method: 'PATCH',
    // Every JSON text is YAML.
    contentType: 'application/apply-patch+yaml',
    body: object,
  });
}

/** `body` is an object, or for `json` a list of operations. Default type: `merge`. */
export async function patch<T extends KubeObject>(
  client: KubeClient,
  resource: ApiResource,
  ref: ObjectRef,
  body: unknown,
  options: WriteOptions & { readonly type?: PatchType } = {},
): Promise<T> {
  const { type = 'merge', ...rest } = options;
  return client.json<T>({
    ...writeRequest(resource, ref, rest),
    method: 'PATCH',
    contentType: PATCH_TYPES[type],
    body,
  });
}

export async function create<T extends KubeObject>(
  client: KubeClient,
  resource: ApiResource,
  object: T,
  options: WriteOptions = {},
): Promise<T> {
  const { subresource, signal, timeoutMs } = options;
  const { namespace, name } = object.metadata;
  const path = resourcePath(resource, subresource === undefined ? { namespace } : { namespace, name, subresource });
  return client.json<T>({ method: 'POST', path, query: writeQuery(options), body: object, signal, timeoutMs });
}

/** Replaces the object. With a `resourceVersion` in it, a change by someone else in between is a `conflict`. */
export async function update<T extends KubeObject>(
  client: KubeClient,
  resource: ApiResource,
  object: T,
  options: WriteOptions = {},
): Promise<T> {
  return client.json<T>({ ...writeRequest(resource, object.metadata, options), method: 'PUT', body: object });
}

export interface RemoveOptions {
  /** Default: what the resource does by itself, `Background` mostly. */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  /** The object must be this one and in this state; otherwise `conflict`. */
  readonly preconditions?:
    | { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined }
    | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Deletes an object; with finalizers it goes later. An object that is gone already throws `not-found`. */
export async function remove(
  client: KubeClient,
  resource: ApiResource,
  ref: ObjectRef,
  options: RemoveOptions = {},
): Promise<void> {
  await client.request({
    method: 'DELETE',
    path: resourcePath(resource, ref),
    body: deleteOptions(options),
    signal: options.signal,
  });
}

/** Deletes all objects of a selection, which has to name a namespace unless the resource has none. */
export async function deleteCollection(
  client: KubeClient,
  selection: Selection,
  options: Omit<RemoveOptions, 'preconditions'> = {},
): Promise<void> {
  await client.request({
    method: 'DELETE',
    path: resourcePath(selection.resource, { namespace: selection.namespace }),
    query: selectionQuery(selection),
    body: deleteOptions(options),
    signal: options.signal,
  });
}

/** All objects of a selection, page by page. Throws `gone` if the list takes longer than the server remembers it. */
export async function* list<T extends KubeObject>(
  client: KubeClient,
  selection: Selection,
  options: PageOptions = {},
): AsyncGenerator<T, void> {
  for await (const page of listPages(client, selection, options)) {
    for (const { object } of page.items) yield object as T;
  }
}

function deleteOptions({ propagation, preconditions, gracePeriodSeconds }: RemoveOptions): Record<string, unknown> {
  return { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: propagation, preconditions, gracePeriodSeconds };
}

function writeRequest(
  resource: ApiResource,
  { namespace, name }: ObjectRef,
  options: WriteOptions,
  extra: { readonly force?: boolean } = {},
): KubeRequest {
  const { subresource, signal, timeoutMs } = options;
  // Without a name the path would be that of the collection, and a PATCH of it something else.
  if (name === undefined || name === '') throw new KubeError('bad-request', `${resource.kind}: the object has no name`);
  const path = resourcePath(resource, { namespace, name, subresource });
  return { path, query: { ...writeQuery(options), ...extra }, signal, timeoutMs };
}

function writeQuery({ fieldManager, dryRun }: WriteOptions): Readonly<Record<string, string | undefined>> {
  return { fieldManager, dryRun: dryRun === true ? 'All' : undefined };
}
