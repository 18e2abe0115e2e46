import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { KubeConfig, UserConfig } from '../config/types.ts';
import type { ApiResource } from '../paths.ts';
import type { JsonRecord } from '../record.ts';
import { commitFault, type FakeFault, type FakeRequest } from './faults.ts';
import { readRequest, route, type Continuation, type FakeRoutes } from './routes.ts';
import { FakeStatus, statusObject } from './status.ts';
import { createFakeStore, type FakeObject, type FakeStore } from './store.ts';

export interface FakeApiServerOptions {
  /** What it serves; more can be added with `define`. */
  readonly resources?: readonly ApiResource[];
  /** PEM texts. Without them it speaks plain HTTP. With `clientCa` clients need a certificate of that authority. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string; readonly clientCa?: string };
  /** The bearer tokens that are let in. Default: everybody is. */
  readonly tokens?: ReadonlySet<string>;
  /** Default: true. */
  readonly aggregatedDiscovery?: boolean;
  /** Between two bookmarks of a watch. Default: 60 s. */
  readonly bookmarkMs?: number;
  /** Writes the events of watches in pieces of so many bytes. */
  readonly chunkBytes?: number;
  readonly now?: () => Date;
}

/** An API server in memory for tests: real HTTP, the rules that clients meet, and faults on demand. */
export interface FakeApiServer {
  readonly url: string;
  readonly port: number;
  /** A configuration that reaches it. */
  readonly kubeConfig: (user?: UserConfig) => KubeConfig;
  /** Adds a resource, as a new custom resource definition would. */
  readonly define: (resource: ApiResource) => void;
  /** The objects themselves, for arranging and looking without a request. */
  readonly store: FakeStore;
  /** Creates or replaces, without the checks of a request. */
  readonly put: (
    resource: ApiResource,
    object: JsonRecord & { readonly metadata: { readonly name: string; readonly namespace?: string } },
  ) => FakeObject;
  readonly requests: readonly FakeRequest[];
  readonly inject: (fault: FakeFault) => void;
  /** Watches that are open now. */
  readonly watches: () => number;
  /** Breaks all connections, watches first among them. */
  readonly dropConnections: () => void;
  /** Makes all resource versions and continue tokens so far too old. */
  readonly compact: () => void;
  readonly stop: () => Promise<void>;
}

const MAX_LOGGED_REQUESTS = 10_000;

/** Listens on a free port of 127.0.0.1. */
export async function startFakeApiServer(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
  const { tls, tokens, now = () => new Date(), bookmarkMs = 60_000, chunkBytes, aggregatedDiscovery = true } = options;
  const resources = [...(options.resources ?? [])];
  const store = createFakeStore(now);
  const continuations = new Map<string, Continuation>();
  const routes: FakeRoutes = {
    store,
    continuations,
    bookmarkMs,
    chunkBytes,
    aggregatedDiscovery,
    resources: () => resources,
  };
  const requests: FakeRequest[] = [];
  const faults: { readonly fault: FakeFault; left: number }[] = [];
  const sockets = new Set<Socket>();
  const watches = new Set<ServerResponse>();

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await toRequest(message);
    requests.push(request);
    if (requests.length > MAX_LOGGED_REQUESTS) requests.shift();
    if (request.query.has('watch')) {
      watches.add(response);
      response.once('close', () => watches.delete(response));
    }
    const hit = faults.find(({ fault, left }) => left > 0 && fault.match(request));
    if (hit !== undefined) {
      hit.left -= 1;
      if (await commitFault(hit.fault.action, response)) return;
    }
    const bearer = String(request.headers['authorization'] ?? '').replace(/^Bearer /, '');
    if (tokens !== undefined && !tokens.has(bearer)) throw new FakeStatus(401, 'Unauthorized', 'Unauthorized');
    route(routes, request, response);
  };
  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    answer(message, response).catch((error: unknown) => refuse(response, error));
  };
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tlsOptions(tls), listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const port = await listen(server);
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return {
    url,
    port,
    store,
    requests,
    dropConnections,
    watches: () => watches.size,
    define: (resource) => void resources.push(resource),
    inject: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    kubeConfig: (user = {}) => ({
      cluster: {
        server: url,
        insecureSkipTlsVerify: false,
        ...(tls === undefined ? {} : { certificateAuthority: { kind: 'data', pem: tls.ca } as const }),
      },
      user,
      namespace: 'default',
    }),
    put: (resource, object) => {
      const { namespace, name } = object.metadata;
      const exists = store
        .list(resource, namespace)
        .some(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
      return exists ? store.update(resource, object) : store.create(resource, object);
    },
    compact: () => {
      store.compact();
      continuations.clear();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        dropConnections();
      }),
  };
}

function tlsOptions({ cert, key, clientCa }: NonNullable<FakeApiServerOptions['tls']>): object {
  return {
    cert,
    key,
    ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  };
}

async function toRequest(message: IncomingMessage): Promise<FakeRequest> {
  const url = new URL(message.url ?? '/', 'http://fake');
  const { socket } = message;
  const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined;
  return {
    method: message.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: message.headers,
    body: await readRequest(message),
    clientName: subject?.CN === undefined ? undefined : String(subject.CN),
  };
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const { status, reason, message, causes } =
    error instanceof FakeStatus
      ? error
      : new FakeStatus(500, 'InternalError', error instanceof Error ? error.message : 'unknown');
  response.writeHead(status, { 'content-type': 'application/json' });
  response.write(JSON.stringify(statusObject(status, reason, message, causes)));
  response.end();
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
