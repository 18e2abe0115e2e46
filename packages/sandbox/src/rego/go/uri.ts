import { BuiltinError } from '../builtins/builtin.ts';
import { unescape } from './query.ts';

/** The parts of a URI that OPA shows, unescaped but for the raw ones; empty ones are absent. */
export interface Uri {
  readonly scheme: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  readonly raw_path: string;
  readonly raw_query: string;
  readonly fragment: string;
}

/** Reads a URI or a reference as Go's `url.Parse` does; undefined where that has an error. */
export function parseUri(text: string): Uri | undefined {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    return undefined;
  }
}

function parse(text: string): Uri | undefined {
  const [beforeFragment, rawFragment] = cut(text, '#');
  const fragment = unescape(rawFragment);
  const scheme = schemeOf(beforeFragment);
  if (scheme === undefined) return undefined;
  const [rest, rawQuery] = cut(beforeFragment.slice(scheme === '' ? 0 : scheme.length + 1), '?');
  const base = {
    scheme: scheme.toLowerCase(),
    hostname: '',
    port: '',
    path: '',
    raw_path: '',
    raw_query: rawQuery,
    fragment,
  };
  if (!rest.startsWith('/')) {
    // Opaque, like mailto:a@b.
    if (scheme !== '') return base;
    if ((rest.split('/')[0] ?? '').includes(':')) return undefined;
  }
  const authority = (scheme !== '' || !rest.startsWith('///')) && rest.startsWith('//');
  const slash = authority ? rest.indexOf('/', 2) : 0;
  const rawPath = authority ? (slash < 0 ? '' : rest.slice(slash)) : rest;
  const host = authority
    ? parseAuthority(slash < 0 ? rest.slice(2) : rest.slice(2, slash))
    : { hostname: '', port: '' };
  return host && { ...base, ...host, ...paths(rawPath) };
}

function cut(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Empty for a reference without a scheme; undefined when there is a colon in the first place. */
function schemeOf(text: string): string | undefined {
  if (text.startsWith(':')) return undefined;
  return /^([A-Za-z][A-Za-z0-9+\-.]*):/.exec(text)?.[1] ?? '';
}

/** The raw path is only kept by Go where it says more than the default escaping of the path. */
function paths(raw: string): Pick<Uri, 'path' | 'raw_path'> {
  const path = unescape(raw);
  return { path, raw_path: raw === escapePath(path) ? path : raw };
}

function escapePath(path: string): string {
  return encodeURIComponent(path.toWellFormed())
    .replaceAll(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, (code) => decodeURIComponent(code))
    .replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

const USER = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;

function parseAuthority(authority: string): Pick<Uri, 'hostname' | 'port'> | undefined {
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    if (!USER.test(authority.slice(0, at))) return undefined;
    unescape(authority.slice(0, at));
  }
  const host = authority.slice(at + 1);
  const match = host.startsWith('[') ? /^\[([^\]]*)\](.*)$/.exec(host) : /^([^:]*)(.*)$/.exec(host);
  const [, name = '', tail = ''] = match ?? [];
  if (!match || !/^(?::\d*)?$/.test(tail) || !validHost(name, host.startsWith('['))) return undefined;
  return { hostname: unescapeHost(name), port: tail.slice(1) };
}

function unescapeHost(name: string): string {
  return name.includes('%25') && name.includes(':') ? name.replace('%25', '%') : unescape(name);
}

/** Go lets only bytes outside ASCII be escaped in host names, and zones in IPv6 addresses. */
function validHost(name: string, bracketed: boolean): boolean {
  if (bracketed) return /^[0-9a-fA-F:.]+(?:%25.+)?$/.test(name) && name.includes(':');
  for (const [, code = ''] of name.matchAll(/%([0-9a-fA-F]{2})/g)) if (Number.parseInt(code, 16) < 0x80) return false;
  return !/[\s\\^`{|}/#?@[\]]/.test(name);
}
