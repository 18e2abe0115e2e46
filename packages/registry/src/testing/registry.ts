import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { digestOf } from '../oci/digest.ts';
import { checkAccess, type Access } from './access.ts';
import { answer, fail } from './answer.ts';
import { serveManifest } from './manifests.ts';
import { serveUpload } from './uploads.ts';

/** What a test registry holds: by repository. */
export interface Repository {
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, { readonly bytes: Uint8Array; readonly mediaType: string }>;
  readonly tags: Map<string, string>;
}

/** One request as it came, for tests that look at what was sent. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
}

export interface TestRegistryOptions {
  readonly access?: Access;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Whether it has the referrers API. Default: true. */
  readonly referrers?: boolean;
  /** The status that pieces of an upload are answered with, in place of being taken. */
  readonly refuseChunks?: number;
  /** Manifests are taken without telling where they are, as ECR does. */
  readonly omitsLocation?: boolean;
}

export interface TestRegistry {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  readonly seen: SeenRequest[];
  readonly uploads: Map<string, Uint8Array>;
  readonly options: TestRegistryOptions;
  repository(name: string): Repository;
  /** Puts a blob where it belongs and returns its digest. */
  addBlob(repository: string, bytes: Uint8Array): string;
  /** Puts a manifest, and a tag for it. */
  addManifest(repository: string, document: unknown, tag?: string, mediaType?: string): string;
  /** Handles a request before the registry does, if it returns true. For faults. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  close(): Promise<void>;
}

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** An OCI registry in memory, on a free port of the loopback. For tests: nothing in it is bounded. */
export async function startTestRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const repositories = new Map<string, Repository>();
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    registry.seen.push({
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization,
    });
    if (registry.intercept?.(request, response) === true) return;
    serve(registry, request, response).catch(() => response.destroy());
  };
  const server: Server = options.tls === undefined ? createPlain(handler) : createTls(options.tls, handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const registry: TestRegistry = {
    host: `127.0.0.1:${port}`,
    seen: [],
    uploads: new Map(),
    options,
    intercept: undefined,
    repository(name) {
      const known = repositories.get(name) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() };
      repositories.set(name, known);
      return known;
    },
    addBlob(name, bytes) {
      const digest = digestOf(bytes);
      registry.repository(name).blobs.set(digest, bytes);
      return digest;
    },
    addManifest(name, document, tag, mediaType = MANIFEST_TYPE) {
      const bytes = Buffer.from(JSON.stringify(document));
      const digest = digestOf(bytes);
      const repository = registry.repository(name);
      repository.manifests.set(digest, { bytes, mediaType });
      if (tag !== undefined) repository.tags.set(tag, digest);
      return digest;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return registry;
}

const ROUTE = /^\/v2\/(.+?)\/(blobs|manifests|referrers|tags)\/(.*)$/;

async function serve(registry: TestRegistry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', `http://${registry.host}`);
  if (!checkAccess(registry.options, registry.host, request, response, url)) return;
  const [, name = '', area = '', rest = ''] = ROUTE.exec(url.pathname) ?? [];
  if (name === '') return answer(response, url.pathname === '/v2/' ? 200 : 404);
  const repository = registry.repository(name);
  switch (area) {
    case 'blobs':
      if (rest.startsWith('uploads/')) return serveUpload({ registry, name, request, response, url });
      return serveBlob(repository, rest, request, response);
    case 'manifests':
      return serveManifest({ registry, name, request, response, reference: rest });
    case 'referrers':
      return serveReferrers(registry, repository, rest, response);
    default:
      return answer(response, 200, { 'content-type': 'application/json' }, tagList(name, repository));
  }
}

function tagList(name: string, { tags }: Repository): string {
  return JSON.stringify({ name, tags: [...tags.keys()].sort() });
}

function serveBlob({ blobs }: Repository, digest: string, request: IncomingMessage, response: ServerResponse): void {
  const bytes = blobs.get(digest);
  if (bytes === undefined) return fail(response, 404, 'BLOB_UNKNOWN');
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
  const headers = { 'content-type': 'application/octet-stream', 'docker-content-digest': digest };
  if (Number.isNaN(start)) return answer(response, 200, headers, bytes, request.method === 'HEAD');
  const range = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  answer(response, 206, { ...headers, ...range }, bytes.subarray(start));
}

function serveReferrers(
  { options }: TestRegistry,
  { manifests }: Repository,
  digest: string,
  response: ServerResponse,
): void {
  if (options.referrers === false) return fail(response, 404, 'NOT_FOUND');
  const found = [...manifests].flatMap(([key, { bytes, mediaType }]) => {
    const document = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
      subject?: { digest: string };
      artifactType?: string;
      config?: { mediaType: string };
    };
    if (document.subject?.digest !== digest) return [];
    const artifactType = document.artifactType ?? document.config?.mediaType;
    return [{ mediaType, digest: key, size: bytes.length, artifactType }];
  });
  const type = 'application/vnd.oci.image.index.v1+json';
  const index = { schemaVersion: 2, mediaType: type, manifests: found };
  answer(response, 200, { 'content-type': type }, JSON.stringify(index));
}
