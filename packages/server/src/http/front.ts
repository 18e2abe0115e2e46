import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type Server as TlsServer,
  type TlsOptions,
} from 'node:tls';
import { KEEP_ALIVE_MS, REQUEST_ARRIVAL_MS } from '../limits.ts';
import { LINGER_MS, MAX_BUFFERED_BYTES, MAX_CONNECTIONS, TICK_MS, type FrontLimits } from './bounds.ts';
import { Connection, type Decide, type Shared } from './connection.ts';
import { listen, portOf } from './listen.ts';

export type { FrontLimits } from './bounds.ts';
export type { Decide } from './connection.ts';
export { listen, portOf } from './listen.ts';
export type { Reply } from './response.ts';

export interface FrontOptions {
  readonly host: string;
  readonly port: number;
  /** Whether other threads listen on the same port (SO_REUSEPORT); the kernel spreads connections over them. */
  readonly shared: boolean;
  /** Undefined: plain HTTP, for a proxy in front or for tests. */
  readonly tls: SecureContextOptions | undefined;
  readonly decide: Decide;
  /** Other limits than those of the API server's connections. */
  readonly limits?: Partial<FrontLimits>;
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

const LIMITS: FrontLimits = {
  arrivalMs: REQUEST_ARRIVAL_MS,
  keepAliveMs: KEEP_ALIVE_MS,
  lingerMs: LINGER_MS,
  tickMs: TICK_MS,
  connections: MAX_CONNECTIONS,
  bufferedBytes: MAX_BUFFERED_BYTES,
};

/** Listens, and answers requests of HTTP/1.1 with what `decide` says. @throws Error when the address can't be bound. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const shared = createShared(options);
  const sockets = new Set<Socket>();
  const server = createServer(options, shared);
  server.maxConnections = shared.limits.connections;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await listen(server, options);
  // A connection that can't be accepted, for want of file descriptors for example, must not end the thread.
  server.on('error', () => undefined);
  const ticker = setInterval(() => tick(shared, sockets), shared.limits.tickMs);
  return {
    port: portOf(server),
    replaceCertificates: (tls) => {
      if (isTls(server)) server.setSecureContext(tlsOptions(tls));
    },
    drain: async (limitMs) => {
      await drain(server, { shared, sockets, limitMs });
      clearInterval(ticker);
    },
  };
}

function createShared({ decide, limits: changed }: FrontOptions): Shared {
  const limits = { ...LIMITS, ...changed };
  const budget = { left: limits.bufferedBytes };
  return { decide, limits, budget, connections: new Set(), tick: 0, date: new Date().toUTCString(), draining: false };
}

function createServer({ tls }: FrontOptions, shared: Shared): Server | TlsServer {
  const accept = (socket: Socket): void => void new Connection(socket, shared);
  // Half-open: a client that has sent its end still gets its answer, and one that still sends can read the last one.
  const tcp = { noDelay: true, allowHalfOpen: true };
  if (!tls) return createTcpServer(tcp, accept);
  const server = createTlsServer({ ...tcp, ...tlsOptions(tls), handshakeTimeout: shared.limits.arrivalMs }, accept);
  // Node only reports a handshake that fails or takes too long; the connection stays open unless it is ended here.
  return server.on('tlsClientError', (_error, socket) => void socket.destroy());
}

/** With a client CA every connection must bring a certificate that it has signed. */
function tlsOptions(tls: SecureContextOptions): TlsOptions {
  const mutual = tls.ca !== undefined;
  return {
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    ...tls,
    requestCert: mutual,
    rejectUnauthorized: mutual,
  };
}

function isTls(server: Server | TlsServer): server is TlsServer {
  return 'setSecureContext' in server;
}

function tick(shared: Shared, sockets: ReadonlySet<Socket>): void {
  shared.tick++;
  // What is left then has not come through its handshake, and need not be waited for as long as that may take.
  if (shared.draining && shared.connections.size === 0) for (const socket of sockets) socket.destroy();
  shared.date = new Date().toUTCString();
  for (const connection of shared.connections) connection.expire();
}

interface Draining {
  readonly shared: Shared;
  /** All that are open, also those in a handshake. */
  readonly sockets: ReadonlySet<Socket>;
  readonly limitMs: number;
}

async function drain(server: Server, { shared, sockets, limitMs }: Draining): Promise<void> {
  shared.draining = true;
  const cut = setTimeout(() => {
    for (const connection of shared.connections) connection.cut();
    for (const socket of sockets) socket.destroy();
  }, limitMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    for (const connection of shared.connections) connection.drain();
  });
  clearTimeout(cut);
}
