import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ReferenceError_ } from '../errors.ts';
import { canonicalHost, HUB } from './hosts.ts';
import { DIGEST, MAX_NAME_LENGTH, PATH_COMPONENT, REGISTRY, TAG } from './grammar.ts';
import type { FileReference, HttpReference, Reference, RegistryReference } from './reference.ts';

/** Longest text that is looked at: the longest path that Linux opens. */
const MAX_LENGTH = 4096;
export interface ParseOptions {
  /** Directory that a relative `file://` path is under. Without it such a path is an error. */
  readonly base?: string | undefined;
}

/**
 * The place that `text` names: `registry://`, `oci://`, `http://`, `https://` or `file://`; without a scheme it is an
 * image in a registry (`busybox`, `ghcr.io/org/policy:v1`). An image without tag and digest gets the tag `latest`.
 * Throws `ReferenceError_`. Contract: authoring §2.1.
 */
export function parseReference(text: string, options: ParseOptions = {}): Reference {
  if (text === '') throw new ReferenceError_('empty', 'the reference is empty', 0);
  if (text.length > MAX_LENGTH) {
    throw new ReferenceError_('too-long', `a reference has at most ${MAX_LENGTH} characters`, MAX_LENGTH);
  }
  const scheme = /^([a-zA-Z][\w+.-]*):\/\//.exec(text)?.[1];
  if (scheme === undefined) return parseImage(text, 0);
  const rest = scheme.length + '://'.length;
  switch (scheme.toLowerCase()) {
    case 'registry':
    case 'oci':
      return parseImage(text.slice(rest), rest);
    case 'http':
    case 'https':
      return parseWeb(text);
    case 'file':
      return parseFile(text, rest, options.base);
    default:
      throw new ReferenceError_(
        'unknown-scheme',
        `unknown scheme '${scheme}': use registry, oci, https, http or file`,
        0,
      );
  }
}

/** As `parseReference`, for a place that can only be in a registry. Throws `unknown-scheme` for the others. */
export function parseRegistryReference(text: string): RegistryReference {
  const reference = parseReference(text);
  if (reference.kind === 'registry') return reference;
  throw new ReferenceError_('unknown-scheme', 'expected an image in a registry, as in registry://ghcr.io/org/name', 0);
}

function parseImage(text: string, offset: number): RegistryReference {
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !DIGEST.test(digest)) {
    throw new ReferenceError_(
      'bad-digest',
      `'${digest}' is no digest: expected sha256:<64 hex> or sha512:<128 hex>`,
      offset + at + 1,
    );
  }
  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  // `host:5000` alone looks like a name with a tag, and Docker reads it so, too.
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) {
    throw new ReferenceError_('bad-tag', `'${tag}' is no tag`, offset + colon + 1);
  }
  const { registry, repository } = splitName(colon === -1 ? named : named.slice(0, colon), offset);
  const place = { kind: 'registry', registry, repository } as const;
  if (digest !== undefined) return tag === undefined ? { ...place, digest } : { ...place, tag, digest };
  return { ...place, tag: tag ?? 'latest' };
}

function splitName(name: string, offset: number): { readonly registry: string; readonly repository: string } {
  if (name.length > MAX_NAME_LENGTH) {
    throw new ReferenceError_('too-long', `an image name has at most ${MAX_NAME_LENGTH} characters`, offset);
  }
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = /[.:A-Z]/.test(first) || first === 'localhost' || (slash === 0 && name.length > 0);
  const repositoryAt = isHost ? slash + 1 : 0;
  const registry = isHost ? canonicalRegistry(first, offset) : HUB;
  const path = name.slice(repositoryAt);
  checkRepository(path, offset + repositoryAt);
  // Official images of Docker Hub have one-part names.
  const repository = registry === HUB && !path.includes('/') ? `library/${path}` : path;
  return { registry, repository };
}

function canonicalRegistry(host: string, offset: number): string {
  const port = /:(\d+)$/.exec(host)?.[1];
  if (!REGISTRY.test(host) || (port !== undefined && (Number(port) === 0 || Number(port) > 65_535))) {
    throw new ReferenceError_('bad-registry', `'${host}' is no registry host`, offset);
  }
  return canonicalHost(host);
}

function checkRepository(path: string, offset: number): void {
  let position = offset;
  for (const part of path.split('/')) {
    if (!PATH_COMPONENT.test(part)) {
      const hint = PATH_COMPONENT.test(part.toLowerCase()) ? '; names are lower-case' : '';
      throw new ReferenceError_('bad-repository', `'${part}' is no part of an image name${hint}`, position);
    }
    position += part.length + 1;
  }
}

function parseWeb(text: string): HttpReference {
  const url = URL.parse(text);
  if (url === null || url.hostname === '') throw new ReferenceError_('bad-url', 'the URL is malformed', 0);
  // A URL is logged, stored as a path and shown by lists; a password has no place in one.
  if (url.username !== '' || url.password !== '') {
    throw new ReferenceError_('credentials', 'a URL must not carry credentials', text.indexOf('//') + 2);
  }
  url.hash = '';
  return { kind: 'http', url };
}

function parseFile(text: string, offset: number, base: string | undefined): FileReference {
  const path = text.slice(offset);
  if (path === '' || path.includes('\0')) throw new ReferenceError_('bad-path', 'the file has no usable path', offset);
  if (path.startsWith('/')) return { kind: 'file', path: absolutePath(text, offset) };
  if (path.startsWith('localhost/')) {
    return { kind: 'file', path: absolutePath(`file://${path.slice('localhost'.length)}`, offset) };
  }
  if (base === undefined) {
    throw new ReferenceError_('bad-path', `the path of a file URL is absolute, as in file:///${path}`, offset);
  }
  return { kind: 'file', path: resolve(base, path) };
}

function absolutePath(url: string, offset: number): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new ReferenceError_('bad-path', 'the file URL is malformed', offset);
  }
}

/** The reference of a file by its path. */
export function fileReference(path: string): FileReference {
  return { kind: 'file', path: resolve(path) };
}

/**
 * The canonical text of a reference: Docker Hub's short names are written out, `oci://` becomes `registry://`.
 * `parseReference` reads it back to the same reference.
 */
export function formatReference(reference: Reference): string {
  switch (reference.kind) {
    case 'registry':
      return `registry://${imageName(reference)}`;
    case 'http':
      return reference.url.href;
    case 'file':
      return pathToFileURL(reference.path).href;
  }
}

/** The image without a scheme, as registries' own tools write it: `ghcr.io/org/policy:v1`. */
export function imageName({ registry, repository, tag, digest }: RegistryReference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
