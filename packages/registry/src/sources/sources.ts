import type { ProxySettings } from './proxies.ts';

/** How registries and web servers are reached. Contract: authoring §3.4. */
export interface Sources {
  /** Hosts (`host[:port]`, exact) that may be asked without certificate checks, and over plain HTTP. */
  readonly insecure: ReadonlySet<string>;
  /** By host (`host[:port]`, exact): PEM certificates that are trusted beside the system's. */
  readonly authorities: ReadonlyMap<string, readonly string[]>;
  /** The file's proxies; undefined if it has no such section, and then the environment's count. */
  readonly proxies: ProxySettings | undefined;
}

/** What holds without a sources file. */
export const NO_SOURCES: Sources = { insecure: new Set(), authorities: new Map(), proxies: undefined };
