import type { Dispatcher } from 'undici';
import type { Credentials, TlsMaterial } from '../auth/credentials.ts';
import type { ClusterConfig } from '../config/types.ts';
import { KubeError } from '../errors.ts';

/** Connections to the API server. */
export interface Transport {
  /** A watch holds its connection for minutes, so that streams have connections of their own. */
  readonly dispatcher: (use: 'request' | 'stream') => Promise<Dispatcher>;
  readonly close: () => Promise<void>;
}

/** More would only queue in the API server's own fairness. */
const REQUEST_CONNECTIONS = 8;

/** One for every resource that is watched; more than a program here would ever watch. */
const STREAM_CONNECTIONS = 256;

const CONNECT_TIMEOUT_MS = 10_000;

/** Below the 60 s after which many load balancers drop a quiet connection without a word. */
const KEEP_ALIVE_MS = 30_000;

interface Pools {
  readonly tls: TlsMaterial;
  readonly request: Dispatcher;
  readonly stream: Dispatcher;
}

/** Nothing connects before the first request. When certificates change, new requests take new connections. */
export function createTransport(cluster: ClusterConfig, credentials: Credentials): Transport {
  let pools: Pools | undefined;
  let closed = false;
  // Old connections end by themselves with their last answer.
  const retire = async (old: Pools): Promise<void> => {
    await Promise.allSettled([old.request.close(), old.stream.close()]);
  };
  return {
    dispatcher: async (use) => {
      // 20 MB that a program which never asks an API server, such as most of the command line, can do without.
      const [undici, tls] = await Promise.all([import('undici'), credentials.tls()]);
      if (closed) throw new KubeError('aborted', 'the client is closed');
      if (pools === undefined || !sameMaterial(pools.tls, tls)) {
        if (pools !== undefined) void retire(pools);
        pools = {
          tls,
          request: connect(undici, cluster, tls, REQUEST_CONNECTIONS),
          stream: connect(undici, cluster, tls, STREAM_CONNECTIONS),
        };
      }
      return pools[use];
    },
    close: async () => {
      closed = true;
      if (pools === undefined) return;
      await Promise.allSettled([pools.request.destroy(), pools.stream.destroy()]);
    },
  };
}

function sameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}

function connect(
  { Pool, ProxyAgent }: typeof import('undici'),
  cluster: ClusterConfig,
  { ca, cert, key }: TlsMaterial,
  connections: number,
): Dispatcher {
  const tls = {
    timeout: CONNECT_TIMEOUT_MS,
    rejectUnauthorized: !cluster.insecureSkipTlsVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
  };
  // Deadlines are the client's own, one timer for a whole request: those of the pool are off.
  const options = {
    connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  return cluster.proxyUrl === undefined
    ? new Pool(new URL(cluster.server).origin, { ...options, connect: tls })
    : new ProxyAgent({ ...options, uri: cluster.proxyUrl, requestTls: tls });
}
