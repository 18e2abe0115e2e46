import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { RegistryError } from '../errors.ts';
import { apiHost } from '../reference/hosts.ts';
import { readCertificates } from './certificates.ts';
import type { ProxySettings } from './proxies.ts';
import type { Sources } from './sources.ts';

/**
 * Reads a sources file (YAML or JSON) and the certificates it names.
 * Throws `invalid-configuration`, naming the member, or the host and index of a certificate.
 */
export async function loadSources(path: string): Promise<Sources> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw invalid(`sources file ${path} can't be read: ${reason(cause)}`, cause);
  }
  try {
    return await parseSources(text);
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw invalid(`sources file ${path}: ${cause.message}`, cause);
  }
}

/** As `loadSources`, from the text of the file. Unknown members are ignored. */
export async function parseSources(text: string): Promise<Sources> {
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw invalid(`it is no YAML: ${reason(cause)}`, cause);
  }
  const file = record(document ?? {}, 'the file');
  return {
    insecure: new Set(strings(file['insecure_sources'], 'insecure_sources').map((host) => apiHost(host))),
    authorities: await readAuthorities(file['source_authorities']),
    proxies: readProxies(file['proxies']),
  };
}

async function readAuthorities(value: unknown): Promise<ReadonlyMap<string, readonly string[]>> {
  const authorities = new Map<string, readonly string[]>();
  for (const [host, entries] of Object.entries(record(value ?? {}, 'source_authorities'))) {
    const where = `source_authorities of ${host}`;
    if (!Array.isArray(entries)) throw invalid(`${where}: expected a list`);
    const certificates: string[] = [];
    for (const [index, entry] of entries.entries()) {
      certificates.push(...(await readAuthority(entry, `${where}, certificate ${index}`)));
    }
    // Docker Hub may be listed under any of its names; connections go to one.
    const own = apiHost(host);
    authorities.set(own, [...(authorities.get(own) ?? []), ...certificates]);
  }
  return authorities;
}

async function readAuthority(value: unknown, where: string): Promise<readonly string[]> {
  const entry = record(value, where);
  try {
    if (entry['type'] === 'Path' && typeof entry['path'] === 'string') {
      return readCertificates(await readFile(entry['path']));
    }
    if (entry['type'] === 'Data' && typeof entry['data'] === 'string') {
      return readCertificates(Buffer.from(entry['data']));
    }
  } catch (cause) {
    const path = typeof entry['path'] === 'string' ? ` (${entry['path']})` : '';
    throw invalid(`${where}${path} can't be used: ${reason(cause)}`, cause);
  }
  throw invalid(`${where}: expected {type: Path, path: …} or {type: Data, data: …}`);
}

function readProxies(value: unknown): ProxySettings | undefined {
  if (value === undefined || value === null) return undefined;
  const section = record(value, 'proxies');
  const read = (name: string): string | undefined => {
    const text = section[name] ?? undefined;
    if (text !== undefined && typeof text !== 'string') throw invalid(`proxies.${name}: expected a text`);
    return text;
  };
  const proxy = (name: string): string | undefined => {
    const text = read(name);
    // The value is not shown: a proxy's URL may have a password in it.
    if (text && !/^(?:https?|socks5?):$/.test(URL.parse(text)?.protocol ?? '')) {
      throw invalid(`proxies.${name}: expected a URL, as in http://proxy.example.com:3128`);
    }
    return text;
  };
  const [http, https, no] = [proxy('http_proxy'), proxy('https_proxy'), read('no_proxy')];
  return {
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
    ...(no === undefined ? {} : { no }),
  };
}

function strings(value: unknown, where: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(`${where}: expected a list`);
  return value.map((entry: unknown, index) => {
    if (typeof entry !== 'string') throw invalid(`${where}, entry ${index}: expected host[:port]`);
    return entry;
  });
}

function record(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw invalid(`${where}: expected a mapping`);
}

function reason(cause: unknown): string {
  return cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'unknown';
}

function invalid(message: string, cause?: unknown): RegistryError {
  return new RegistryError('invalid-configuration', message, { cause });
}
