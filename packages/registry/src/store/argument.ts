import { realpath } from 'node:fs/promises';
import { RegistryError } from '../errors.ts';
import { fileReference, parseReference } from '../reference/parse.ts';
import type { Reference } from '../reference/reference.ts';
import type { Store } from './store.ts';

/**
 * What a command's argument names, in this order: a URL, an existing file, a stored module by the beginning of its
 * SHA-256, and, where `takesImages`, an image name without scheme. Throws `not-found` or `ambiguous`, and
 * `ReferenceError_` for a malformed URL. Contract: authoring §1.2.
 */
export async function findPolicy(
  argument: string,
  store: Store,
  { takesImages = false }: { readonly takesImages?: boolean } = {},
): Promise<Reference> {
  if (/^\w+:\/\//.test(argument)) return parseReference(argument);
  const path = await realpath(argument).catch(() => undefined);
  if (path !== undefined) return fileReference(path);
  const stored = /^[0-9a-f]{1,64}$/i.test(argument) ? await store.find(argument) : undefined;
  if (stored !== undefined) return stored.reference;
  if (takesImages) return parseReference(argument);
  throw new RegistryError('not-found', `Cannot find policy with uri: ${argument}`);
}
