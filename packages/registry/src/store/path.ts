import { join } from 'node:path';
import { RegistryError, isRegistryError } from '../errors.ts';
import { formatReference, parseReference } from '../reference/parse.ts';
import type { HttpReference, Reference, RegistryReference } from '../reference/reference.ts';

/** What a store keeps; files are used in place. */
export type RemoteReference = RegistryReference | HttpReference;

/** The folders of a store that hold modules, one per scheme. Everything else in its root is not a module. */
export const SCHEMES = ['registry', 'http', 'https'] as const;

/**
 * Where a store keeps a module, relative to its root: `registry/ghcr.io/org/name:v1`. The layout is kwctl's, so that
 * both can share a store. Throws `unsupported` for a URL that can't be a path. Contract: authoring §2.2.
 */
export function storePath(reference: RemoteReference): string {
  const url = formatReference(reference);
  const [scheme, rest] = splitOnce(url, '://');
  const parts = rest.split('/');
  if (reference.kind === 'http') parts.splice(0, parts.length, ...webParts(reference.url));
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\0\\]/.test(part))) {
    throw new RegistryError('unsupported', `${scheme} URL can't be stored: its path has empty or special parts`);
  }
  return join(scheme, ...parts.map(encodePart));
}

function webParts({ host, pathname, search }: URL): readonly string[] {
  // The store is read back as URLs, so the path stays encoded as the URL has it. The query belongs to the name: without
  // it `/get?policy=a` and `/get?policy=b` would be one module.
  return [host, ...`${pathname.slice(1)}${search.replaceAll('/', '%2F')}`.split('/')];
}

/** The reference that a path under the root stands for; undefined if it is none of a module. */
export function referenceOf(parts: readonly string[]): RemoteReference | undefined {
  const [scheme = '', ...rest] = parts;
  if (!SCHEMES.some((known) => known === scheme)) return undefined;
  try {
    const reference = parseReference(`${scheme}://${rest.map(decodePart).join('/')}`);
    if (reference.kind === 'file') return undefined;
    // Two paths must not stand for one module: only the path that we would write counts.
    return storePath(reference) === join(scheme, ...rest) ? reference : undefined;
  } catch (error) {
    if (isRegistryError(error) || (error instanceof Error && error.name === 'ReferenceError_')) return undefined;
    throw error;
  }
}

/** True for what is stored and yet fetched anew each time. */
export function isMutable(reference: Reference): boolean {
  return reference.kind === 'registry' && reference.digest === undefined && reference.tag === 'latest';
}

/** Windows forbids colons in names; there every part but the scheme is base64url, as kwctl writes it. */
function encodePart(part: string): string {
  return process.platform === 'win32' ? Buffer.from(part).toString('base64url') : part;
}

function decodePart(part: string): string {
  return process.platform === 'win32' ? Buffer.from(part, 'base64url').toString('utf8') : part;
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const index = text.indexOf(separator);
  return [text.slice(0, index), text.slice(index + separator.length)];
}
