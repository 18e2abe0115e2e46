import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type Server as TlsServer,
  type TlsOptions,
  type TLSSocket,
} from 'node:tls';
import { KEEP_ALIVE_MS, REQUEST_ARRIVAL_MS } from '../limits.ts';
import { HANDSHAKE_MS, LINGER_MS, MAX_BUFFERED_BYTES, MAX_CONNECTIONS, TICK_MS, type FrontLimits } from './bounds.ts';
import { Connection, type Decide, type PolicyEndpoint, type Served, type Shared } from './connection.ts';
import { createHttp2, type TakeHttp2 } from './h2.ts';
import { listen, portOf } from './listen.ts';
import { Outbox } from './outbox.ts';

export type { FrontLimits } from './bounds.ts';
export type { Decide, PolicyEndpoint } from './connection.ts';
export { listen, portOf } from './listen.ts';
export type { PolicyReply, Reply } from './response.ts';
export type { Endpoint, PolicyOrigin } from './routes.ts';

export interface FrontOptions {
  readonly host: string;
  readonly port: number;
  /** Whether other threads listen on the same port (SO_REUSEPORT); the kernel spreads connections over them. */
  readonly shared: boolean;
  /** Undefined: plain HTTP, for a proxy in front or for tests. */
  readonly tls: SecureContextOptions | undefined;
  readonly decide: Decide;
  /** Answers at /validate/ID, /audit/ID and /validate_raw/ID; without it these are 404. */
  readonly policies?: PolicyEndpoint | undefined;
  /** Hears of requests that the front refuses itself, by status; for metrics. */
  readonly refused?: ((status: number) => void) | undefined;
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
  handshakeMs: HANDSHAKE_MS,
  keepAliveMs: KEEP_ALIVE_MS,
  lingerMs: LINGER_MS,
  tickMs: TICK_MS,
  connections: MAX_CONNECTIONS,
  bufferedBytes: MAX_BUFFERED_BYTES,
};

/** Listens, and answers requests with what `decide` and `policies` say.
 *
 * @throws Error when the address can't be bound. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const shared = createShared(options);
  const sockets = new Set<Socket>();
  const server = createServer(options, shared);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    if (sockets.size > shared.limits.connections) makeRoom(shared, socket);
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

function createShared({ decide, policies, refused = () => undefined, limits: changed }: FrontOptions): Shared {
  const limits = { ...LIMITS, ...changed };
  const budget = { left: limits.bufferedBytes };
  const state = { connections: new Set<Served>(), tick: 0, date: new Date().toUTCString(), draining: false };
  // Made with the first connection that needs it: most servers never see one.
  let http2: TakeHttp2 | undefined;
  const takeHttp2: TakeHttp2 = (socket) => (http2 ??= createHttp2(shared))(socket);
  const shared: Shared = { decide, policies, refused, limits, budget, outbox: new Outbox(), takeHttp2, ...state };
  return shared;
}

function createServer({ tls }: FrontOptions, shared: Shared): Server | TlsServer {
  const accept = (socket: Socket): void => void new Connection(socket, shared);
  // Half-open: a client that has sent its end still gets its answer, and one that still sends can read the last one.
  const tcp = { noDelay: true, allowHalfOpen: true };
  if (!tls) return createTcpServer(tcp, accept);
  const { handshakeMs, arrivalMs } = shared.limits;
  const negotiated = (socket: TLSSocket): void =>
    socket.alpnProtocol === 'h2' ? shared.takeHttp2(socket) : accept(socket);
  const handshakeTimeout = Math.min(handshakeMs, arrivalMs);
  const server = createTlsServer({ ...tcp, ...tlsOptions(tls), handshakeTimeout }, negotiated);
  // Node only reports a handshake that fails or takes too long; the connection stays open unless it is ended here.
  return server.on('tlsClientError', (_error, socket) => void socket.destroy());
}

/** With a client CA every connection must bring a certificate that it has signed. */
function tlsOptions(tls: SecureContextOptions): TlsOptions {
  const mutual = tls.ca !== undefined;
  return {
    minVersion: 'TLSv1.2',
    // The first that both know is taken: HTTP/2 is for clients that know nothing else.
    ALPNProtocols: ['http/1.1', 'h2'],
    ...tls,
    requestCert: mutual,
    rejectUnauthorized: mutual,
  };
}

/** Ends the connection that has been idle longest in favour of a new one, or the new one when all are in use. */
function makeRoom(shared: Shared, newest: Socket): void {
  let longest: Served | undefined;
  for (const connection of shared.connections) {
    if (connection.idleSince !== undefined && connection.idleSince < (longest?.idleSince ?? Infinity)) {
      longest = connection;
    }
  }
  if (longest) longest.cut();
  else newest.destroy();
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
