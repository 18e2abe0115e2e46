import { CelError } from '../error.ts';
import { BOOL, INT, listOf, mapOf, objectType, STRING } from '../types.ts';
import { CelMap, Opaque } from '../value.ts';
import { free, method, type Overload } from './define.ts';

export const URL_TYPE = objectType('kubernetes.URL');
export const SEMVER = objectType('kubernetes.Semver');

/** Kubernetes takes what Go's ParseRequestURI takes: an absolute address, or a path from the root. */
function parseUrl(text: string): Opaque | CelError {
  const isPath = text.startsWith('/');
  const parsed =
    isPath || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) ? URL.parse(text, isPath ? 'relative://' : undefined) : null;
  if (parsed === null || /[\s\p{Cc}]/u.test(text)) return new CelError('invalid-argument', 'not a URL');
  return new Opaque(URL_TYPE, text, { url: parsed, isPath });
}

interface ParsedUrl {
  readonly url: URL;
  readonly isPath: boolean;
}

function part(read: (url: URL) => string): (value: Opaque) => string {
  return (value) => {
    const { url, isPath } = value.data as ParsedUrl;
    return isPath && read(url) === 'relative' ? '' : read(url);
  };
}

const scheme = part(({ protocol }) => protocol.slice(0, -1));
const host = part((url) => url.host);
const hostname = part((url) => url.hostname.replace(/^\[|\]$/g, ''));
const port = part((url) => url.port);
const path = part((url) => url.pathname);

function query(value: Opaque): CelMap {
  const values = new Map<string, string[]>();
  for (const [name, text] of (value.data as ParsedUrl).url.searchParams) {
    values.set(name, [...(values.get(name) ?? []), text]);
  }
  return CelMap.of(values.entries()) ?? CelMap.view({});
}

const SEMVER_TEXT =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

interface Version {
  readonly core: readonly bigint[];
  readonly pre: readonly string[];
}

/** A version's text is at most as long as a Kubernetes label value could be. */
const MAX_VERSION = 256;

function parseVersion(text: string, normalize: boolean): Opaque | CelError {
  const match = text.length > MAX_VERSION ? null : SEMVER_TEXT.exec(normalize ? normalizeVersion(text) : text);
  if (match === null) return new CelError('invalid-argument', 'not a semantic version');
  const version: Version = { core: match.slice(1, 4).map(BigInt), pre: match[4]?.split('.') ?? [] };
  return new Opaque(SEMVER, `${version.core.join('.')}-${version.pre.join('.')}`, version);
}

/** `v1.02` becomes `1.2.0`. */
function normalizeVersion(text: string): string {
  const [, core = '', rest = ''] = /^v?([0-9.]*)(.*)$/.exec(text) ?? [];
  const numbers = core.split('.').map((number) => number.replace(/^0+(?=\d)/, ''));
  return [...numbers, '0', '0'].slice(0, Math.max(3, numbers.length)).join('.') + rest;
}

function compareVersions(left: Opaque, right: Opaque): bigint {
  const [a, b] = [left.data as Version, right.data as Version];
  for (const [index, number] of a.core.entries()) {
    const other = b.core[index] ?? 0n;
    if (number !== other) return number < other ? -1n : 1n;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return BigInt(Math.sign(b.pre.length - a.pre.length));
  for (const [index, word] of a.pre.entries()) {
    const order = compareWords(word, b.pre[index]);
    if (order !== 0n) return order;
  }
  return a.pre.length < b.pre.length ? -1n : 0n;
}

function compareWords(a: string, b: string | undefined): bigint {
  if (a === b) return 0n;
  if (b === undefined) return 1n;
  const [isNumber, isOther] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && isOther) return BigInt(a) < BigInt(b) ? -1n : 1n;
  if (isNumber !== isOther) return isNumber ? -1n : 1n;
  return a < b ? -1n : 1n;
}

const core = (index: number): Overload => method([SEMVER], INT, ([value]) => (value.data as Version).core[index] ?? 0n);

export const WEB: Readonly<Record<string, readonly Overload[]>> = {
  url: [free([STRING], URL_TYPE, ([text]) => parseUrl(text))],
  isURL: [free([STRING], BOOL, ([text]) => !(parseUrl(text) instanceof CelError))],
  getScheme: [method([URL_TYPE], STRING, ([value]) => scheme(value))],
  getHost: [method([URL_TYPE], STRING, ([value]) => host(value))],
  getHostname: [method([URL_TYPE], STRING, ([value]) => hostname(value))],
  getPort: [method([URL_TYPE], STRING, ([value]) => port(value))],
  getEscapedPath: [method([URL_TYPE], STRING, ([value]) => path(value))],
  getQuery: [method([URL_TYPE], mapOf(STRING, listOf(STRING)), ([value]) => query(value))],
  semver: [
    free([STRING], SEMVER, ([text]) => parseVersion(text, false)),
    free([STRING, BOOL], SEMVER, ([text, normalize]) => parseVersion(text, normalize)),
  ],
  isSemver: [
    free([STRING], BOOL, ([text]) => !(parseVersion(text, false) instanceof CelError)),
    free([STRING, BOOL], BOOL, ([text, normalize]) => !(parseVersion(text, normalize) instanceof CelError)),
  ],
  major: [core(0)],
  minor: [core(1)],
  patch: [core(2)],
  compareTo: [method([SEMVER, SEMVER], INT, ([a, b]) => compareVersions(a, b))],
  isGreaterThan: [method([SEMVER, SEMVER], BOOL, ([a, b]) => compareVersions(a, b) > 0n)],
  isLessThan: [method([SEMVER, SEMVER], BOOL, ([a, b]) => compareVersions(a, b) < 0n)],
};
