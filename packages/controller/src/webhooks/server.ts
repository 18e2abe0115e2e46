import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from '../certificates/key-pair.ts';
import { messageOf, type ControllerLog } from '../process/log.ts';
import type { ReviewAnswer } from './review.ts';

/** The API server takes objects of 3 MiB; an update has two of them, and 1 MiB is left for what stands around them. */
const MAX_BODY = (3 + 3 + 1) * 1024 * 1024;

/** An API server waits for a webhook 30 s at most. */
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 512;

export interface WebhookServerOptions {
  readonly port: number;
  readonly host?: string | undefined;
  readonly certificate: KeyPair;
  /** PEM of the authorities one of which has to vouch for clients; undefined: anybody may ask. */
  readonly clientCa?: string | undefined;
  readonly answer: (path: string, body: unknown) => ReviewAnswer;
  readonly log: ControllerLog;
}

export interface WebhookServer {
  readonly port: number;
  /** New connections are shown this certificate. */
  readonly replaceCertificate: (certificate: KeyPair, clientCa?: string) => void;
  readonly stop: () => Promise<void>;
}

/** Serves our own webhooks over HTTPS. Rejects if the port can't be had. */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { port, host, log, answer } = options;
  const server = createServer(
    { ...secure(options.certificate, options.clientCa), requestTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      respond(request, response, answer).catch((error: unknown) => {
        log('error', 'webhook failed', { path: request.url ?? '', cause: messageOf(error) });
        send(response, 500, { message: 'internal error' });
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, port, host);
  return {
    port: (server.address() as AddressInfo).port,
    replaceCertificate: (certificate, clientCa) => server.setSecureContext(secure(certificate, clientCa)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), STOP_MS).unref();
      }),
  };
}

/** What is in flight at the end is answered in milliseconds; whoever keeps a connection open for longer has none. */
const STOP_MS = 2000;

function secure({ certificatePem, privateKeyPem }: KeyPair, clientCa: string | undefined): object {
  return {
    cert: certificatePem,
    key: privateKeyPem,
    minVersion: 'TLSv1.2',
    ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: WebhookServerOptions['answer'],
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (request.method !== 'POST') return send(response, 405, { message: 'webhooks are asked by POST' });
  const body = await readBody(request);
  if (body === undefined) return send(response, 413, { message: `the body is larger than ${MAX_BODY} bytes` });
  const review = parsed(body);
  if (review === undefined) return send(response, 400, { message: 'the body is not JSON' });
  const answered = answer(path, review);
  send(response, answered.status, answered.status === 200 ? answered.body : { message: answered.message });
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return void response.destroy();
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
