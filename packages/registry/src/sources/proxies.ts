import { isIP } from 'node:net';

/** Proxies and the hosts that are asked without one. Every member is optional, as in the file. */
export interface ProxySettings {
  /** For `http://` URLs. */
  readonly http?: string;
  /** For `https://` URLs. */
  readonly https?: string;
  /** Comma-separated: a host, a domain (`.example.com`, `example.com`, `*.example.com`), `host:port`, a CIDR, `*`. */
  readonly no?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY; upper case wins over lower case. */
export function proxiesFromEnvironment(env: Environment): ProxySettings {
  const read = (name: string): string | undefined => env[name] || env[name.toLowerCase()] || undefined;
  const [http, https, no] = [read('HTTP_PROXY'), read('HTTPS_PROXY'), read('NO_PROXY')];
  return {
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
    ...(no === undefined ? {} : { no }),
  };
}

/** The proxy for a URL, or undefined if it is to be asked directly. */
export function proxyFor(url: URL, settings: ProxySettings): string | undefined {
  const proxy = url.protocol === 'https:' ? settings.https : settings.http;
  if (proxy === undefined || proxy === '') return undefined;
  return isExempt(url, settings.no ?? '') ? undefined : proxy;
}

function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((entry) => entry !== '' && matches(entry.toLowerCase(), host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInNetwork(host, entry);
  const withPort = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry);
  if (withPort !== null && withPort[2] !== port) return false;
  const name = (withPort?.[1] ?? entry).replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
}

/** CIDR for IPv4 only; nobody writes the other one into NO_PROXY, and a wrong guess would leak traffic to a proxy. */
function isInNetwork(host: string, cidr: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const length = Number(bits);
  if (isIP(host) !== 4 || isIP(network) !== 4 || !/^\d+$/.test(bits) || length > 32) return false;
  const mask = length === 0 ? 0 : (-1 << (32 - length)) >>> 0;
  return (number(host) & mask) >>> 0 === (number(network) & mask) >>> 0;
}

function number(ipv4: string): number {
  return ipv4.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}
