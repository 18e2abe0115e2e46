import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { KEEP_ALIVE_MS, MAX_BODY_BYTES, MAX_HEADER_BYTES, REQUEST_ARRIVAL_MS } from '../limits.ts';
import { readBody } from './body.ts';
import { endpointOf, type Endpoint } from './routes.ts';

/** What an endpoint answers to a body. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Decides; must not reject. */
export type Decide = (endpoint: Endpoint, body: Uint8Array) => Promise<Reply>;

export interface FrontOptions {
  readonly host: string;
  readonly port: number;
  /** Whether other threads listen on the same port (SO_REUSEPORT); the kernel spreads connections over them. */
  readonly shared: boolean;
  /** Undefined: plain HTTP, for a proxy in front or for tests. */
  readonly tls: SecureContextOptions | undefined;
  readonly decide: Decide;
}

/** The listener that the API server talks to. */
export interface Front {
  /** The port that is bound, also when port 0 was asked for. */
  readonly port: number;
  /** New connections use the new certificates; open ones go on. */
  replaceCertificates(tls: SecureContextOptions): void;
  /** Stops accepting, answers what is in flight, then closes; connections are cut after `limitMs`. */
  drain(limitMs: number): Promise<void>;
}

export async function startFront(options: FrontOptions): Promise<Front> {
  let draining = false;
  const listener: RequestListener = (request, response) => {
    if (draining) response.setHeader('connection', 'close');
    void serve(request, response, options.decide);
  };
  const server = createServer(options, listener);
  await listen(server, options);
  return {
    port: portOf(server),
    replaceCertificates: (tls) => {
      if (isTls(server)) server.setSecureContext(tlsOptions(tls));
    },
    drain: (limitMs) => {
      draining = true;
      return closeServer(server, limitMs);
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, decide: Decide): Promise<void> {
  const endpoint = endpointOf(request.url ?? '/');
  if (!endpoint) return refuse(request, response, 404, 'there is no such endpoint');
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST');
    return refuse(request, response, 405, 'this endpoint takes POST only');
  }
  const body = await readBody(request, MAX_BODY_BYTES);
  if (!(body instanceof Uint8Array)) return refuse(request, response, body.status, body.message);
  const { status, body: text } = await decide(endpoint, body);
  send(response, status, text);
}

/** Answers without having read the body: the connection can't be used again. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
  if (!request.complete) response.setHeader('connection', 'close');
  send(response, status, JSON.stringify({ message }));
}

function send(response: ServerResponse, status: number, body: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function createServer({ tls }: FrontOptions, listener: RequestListener): Server | HttpsServer {
  const http = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: REQUEST_ARRIVAL_MS,
    requestTimeout: REQUEST_ARRIVAL_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
  };
  if (!tls) return createHttpServer(http, listener);
  return createHttpsServer({ ...http, ...tlsOptions(tls), handshakeTimeout: REQUEST_ARRIVAL_MS }, listener);
}

/** With a client CA every connection must bring a certificate that it has signed. */
function tlsOptions(tls: SecureContextOptions): SecureContextOptions & { requestCert: boolean; rejectUnauthorized: boolean } {
  const mutual = tls.ca !== undefined;
  return { minVersion: 'TLSv1.2', ...tls, requestCert: mutual, rejectUnauthorized: mutual };
}

function isTls(server: Server | HttpsServer): server is HttpsServer {
  return 'setSecureContext' in server;
}

/** Binds; the error names the address. */
export async function listen(
  server: Server,
  { host, port, shared = false }: { host: string; port: number; shared?: boolean },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, reusePort: shared }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function closeServer(server: Server, limitMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), limitMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(cut);
}
