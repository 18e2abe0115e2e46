import type { IncomingMessage, ServerResponse } from 'node:http';
import { objectKey } from '../object.ts';
import { apiVersionOf, type ApiResource } from '../paths.ts';
import { isRecord, recordAt, type JsonRecord } from '../record.ts';
import { discoveryDocument } from './discovery.ts';
import type { FakeRequest } from './faults.ts';
import { jsonPatch, mergePatch } from './merge.ts';
import { selectorOf } from './selection.ts';
import { FakeStatus } from './status.ts';
import type { FakeObject, FakeStore } from './store.ts';
import { serveWatch, type FakeWatchOptions } from './watch.ts';

export interface FakeRoutes extends FakeWatchOptions {
  readonly store: FakeStore;
  readonly resources: () => readonly ApiResource[];
  readonly aggregatedDiscovery: boolean;
  /** Lists whose next page hasn't been asked for. */
  readonly continuations: Map<string, Continuation>;
}

/** The rest of a list at one moment. */
export interface Continuation {
  readonly revision: number;
  readonly items: readonly FakeObject[];
}

interface Target {
  readonly resource: ApiResource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Answers one request. Throws FakeStatus. */
export function route(routes: FakeRoutes, request: FakeRequest, response: ServerResponse): void {
  const accept = String(request.headers['accept'] ?? '');
  const document =
    request.method === 'GET'
      ? discoveryDocument(request.path, accept, routes.resources(), routes.aggregatedDiscovery)
      : undefined;
  if (document !== undefined) return send(response, 200, document.body, document.type);
  const target = targetOf(request.path, routes.resources());
  if (target === undefined) throw new FakeStatus(404, 'NotFound', 'the server could not find the requested resource');
  const watch = request.query.get('watch');
  if (request.method === 'GET' && (watch === '1' || watch === 'true')) {
    return serveWatch(routes.store, target.resource, target.namespace, request.query, response, routes);
  }
  const { status = 200, body } =
    target.name === undefined ? onCollection(routes, target, request) : onObject(routes, target, request);
  send(response, status, body);
}

interface Answer {
  readonly status?: number;
  readonly body: object;
}

function onCollection(routes: FakeRoutes, { resource, namespace }: Target, request: FakeRequest): Answer {
  const { store } = routes;
  // Across namespaces there is only reading.
  if (resource.namespaced && namespace === undefined && request.method !== 'GET') throw notAllowed();
  switch (request.method) {
    case 'GET':
      return { body: listPage(routes, resource, namespace, request.query) };
    case 'POST': {
      const given = bodyOf(request, namespace);
      return { status: 201, body: isDryRun(request) ? given : store.create(resource, given) };
    }
    case 'DELETE': {
      const chosen = store.list(resource, namespace).filter(selectorOf(request.query));
      for (const { metadata } of chosen) store.remove(resource, metadata.namespace, metadata.name);
      return { body: { kind: 'Status', apiVersion: 'v1', status: 'Success' } };
    }
    default:
      throw notAllowed();
  }
}

function onObject(
  routes: FakeRoutes,
  { resource, namespace, name = '', subresource }: Target,
  request: FakeRequest,
): Answer {
  const { store } = routes;
  if (subresource !== undefined && !resource.subresources.includes(subresource))
    throw new FakeStatus(404, 'NotFound', 'no such subresource');
  const part = subresource === 'status' ? 'status' : 'main';
  switch (request.method) {
    case 'GET':
      return { body: store.get(resource, namespace, name) };
    case 'PUT': {
      const given = bodyOf(request, namespace);
      if (recordAt(given, 'metadata')['name'] !== name)
        throw new FakeStatus(400, 'BadRequest', 'the name does not match the path');
      return { body: isDryRun(request) ? given : store.update(resource, given, part) };
    }
    case 'PATCH':
      return patchObject(store, { resource, namespace, name, subresource }, part, request);
    case 'DELETE': {
      const options = request.body === '' ? {} : bodyOf(request, undefined);
      return { body: store.remove(resource, namespace, name, recordAt(options, 'preconditions')) };
    }
    default:
      throw notAllowed();
  }
}

function patchObject(
  store: FakeStore,
  { resource, namespace, name = '' }: Target,
  part: 'main' | 'status',
  request: FakeRequest,
): Answer {
  const contentType = String(request.headers['content-type'] ?? '');
  const body: unknown = JSON.parse(request.body);
  if (contentType === 'application/apply-patch+yaml') {
    const manager = request.query.get('fieldManager');
    if (manager === null) throw new FakeStatus(400, 'BadRequest', 'fieldManager is required for apply patch');
    return {
      body: store.apply(resource, bodyOf(request, namespace), manager, request.query.get('force') === 'true', part),
    };
  }
  const before = store.get(resource, namespace, name);
  if (contentType === 'application/json-patch+json')
    return { body: store.update(resource, jsonPatch(before, body), part) };
  if (!contentType.endsWith('merge-patch+json'))
    throw new FakeStatus(415, 'UnsupportedMediaType', 'unknown kind of patch');
  const merged = mergePatch(before, body);
  return { body: store.update(resource, isRecord(merged) ? merged : {}, part) };
}

function listPage(
  { store, continuations }: FakeRoutes,
  resource: ApiResource,
  namespace: string | undefined,
  query: URLSearchParams,
): object {
  const token = query.get('continue');
  const known = token === null ? undefined : continuations.get(token);
  if (token !== null && known === undefined)
    throw new FakeStatus(410, 'Expired', 'the provided continue parameter is too old');
  const selects = selectorOf(query);
  const { revision, items } = known ?? {
    revision: store.revision(),
    items: store.list(resource, namespace).filter(selects),
  };
  const limit = Number(query.get('limit') ?? '0') || items.length;
  const rest = items.slice(limit);
  const next =
    rest.length === 0 ? undefined : `${revision}.${rest.length}.${rest[0] === undefined ? '' : objectKey(rest[0])}`;
  if (next !== undefined) continuations.set(next, { revision, items: rest });
  return {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: {
      resourceVersion: String(revision),
      ...(next === undefined ? {} : { continue: next, remainingItemCount: rest.length }),
    },
    // Lists of built-in kinds leave these two out, and clients have to cope.
    items: items.slice(0, limit).map(({ apiVersion: _apiVersion, kind: _kind, ...item }) => item),
  };
}

function targetOf(path: string, resources: readonly ApiResource[]): Target | undefined {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const [group, version, rest] =
    parts[0] === 'api' ? ['', parts[1], parts.slice(2)] : [parts[1], parts[2], parts.slice(3)];
  if (parts[0] !== 'api' && parts[0] !== 'apis') return undefined;
  const find = (plural: string | undefined): ApiResource | undefined =>
    resources.find((one) => one.group === group && one.version === version && one.plural === plural);
  const inner = rest[0] === 'namespaces' && rest.length > 2 ? find(rest[2]) : undefined;
  if (inner?.namespaced === true) return { resource: inner, namespace: rest[1], name: rest[3], subresource: rest[4] };
  const outer = find(rest[0]);
  return outer === undefined
    ? undefined
    : { resource: outer, namespace: undefined, name: rest[1], subresource: rest[2] };
}

function bodyOf({ body }: FakeRequest, namespace: string | undefined): JsonRecord {
  const value: unknown = JSON.parse(body);
  if (!isRecord(value)) throw new FakeStatus(400, 'BadRequest', 'the body is not an object');
  return namespace === undefined ? value : { ...value, metadata: { ...recordAt(value, 'metadata'), namespace } };
}

function isDryRun({ query }: FakeRequest): boolean {
  return query.get('dryRun') === 'All';
}

function notAllowed(): FakeStatus {
  return new FakeStatus(405, 'MethodNotAllowed', 'the server does not allow this method');
}

function send(response: ServerResponse, status: number, body: object, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type });
  response.write(JSON.stringify(body));
  response.end();
}

/** Reads a request's body whole. */
export async function readRequest(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString('utf8');
}
