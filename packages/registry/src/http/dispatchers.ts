import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import { proxyFor, type ProxySettings } from '../sources/proxies.ts';
import type { Sources } from '../sources/sources.ts';
import type { Timeouts } from './limits.ts';

/** Gives out the connection pools: one per host's trust, certificate check and proxy. */
export interface Dispatchers {
  /** `verify: false` accepts any certificate; the caller has made sure that the host may be asked so. */
  get(url: URL, verify: boolean): Dispatcher;
  close(): Promise<void>;
}

export interface DispatcherOptions {
  readonly sources: Sources;
  readonly proxies: ProxySettings;
  readonly timeouts: Timeouts;
}

/** Pools are made when first asked for, so a client that is never used costs nothing. */
export function createDispatchers({ sources, proxies, timeouts }: DispatcherOptions): Dispatchers {
  const pools = new Map<string, Dispatcher>();

  const make = (url: URL, verify: boolean, proxy: string | undefined): Dispatcher => {
    const own = verify ? (sources.authorities.get(url.host) ?? []) : [];
    const tls = { rejectUnauthorized: verify, ...(verify ? { secureContext: trust(own) } : {}) };
    // HTTP/2 multiplexes a download and everything else over one connection that one reset ends.
    const limits = {
      connections: 16,
      allowH2: false,
      connectTimeout: timeouts.connect,
      headersTimeout: timeouts.head,
      bodyTimeout: timeouts.idle,
    };
    if (proxy === undefined) return new Agent({ ...limits, connect: { ...tls, timeout: timeouts.connect } });
    return new ProxyAgent({ ...limits, uri: proxy, requestTls: tls, proxyTls: { secureContext: trust([]) } });
  };

  return {
    get(url, verify) {
      const proxy = proxyFor(url, proxies);
      const authority = sources.authorities.has(url.host) ? url.host : '';
      const key = JSON.stringify([verify, authority, proxy ?? '']);
      const known = pools.get(key);
      if (known !== undefined) return known;
      const pool = make(url, verify, proxy);
      pools.set(key, pool);
      return pool;
    },
    async close() {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.destroy()));
    },
  };
}

let system: readonly string[] | undefined;
let systemContext: SecureContext | undefined;

/**
 * Node's own authorities and the operating system's, and `own`. A context takes 20 ms to make, mostly for the some 400
 * certificates of the system, so each is made once and not per connection.
 */
function trust(own: readonly string[]): SecureContext {
  system ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  if (own.length > 0) return createSecureContext({ ca: [...system, ...own] });
  systemContext ??= createSecureContext({ ca: [...system] });
  return systemContext;
}
