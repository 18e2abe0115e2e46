import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findPolicy, formatReference, type Reference, type Store } from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { NotStoredError } from './errors.ts';

/** A module that is on this machine. */
export interface Located {
  readonly reference: Reference;
  readonly url: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** What an argument names, with relative paths under the command's folder. Contract: authoring §1.2. */
export function findPolicyHere(
  argument: string,
  store: Store,
  { cwd }: Pick<CommandContext, 'cwd'>,
  options: { readonly takesImages?: boolean } = {},
): Promise<Reference> {
  const isUrl = /^\w+:\/\//.test(argument);
  const file = resolve(cwd, argument);
  return findPolicy(!isUrl && existsSync(file) ? file : argument, store, options);
}

/**
 * A module that is a file or in the store; nothing is fetched.
 *
 * @throws NotStoredError, RegistryError, ReferenceError_
 */
export async function locate(
  argument: string,
  store: Store,
  context: CommandContext,
  options: { readonly takesImages?: boolean } = {},
): Promise<Located> {
  const reference = await findPolicyHere(argument, store, context, options);
  const url = formatReference(reference);
  const path = reference.kind === 'file' ? reference.path : store.pathOf(reference);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) throw new NotStoredError(url);
  return { reference, url, path, size: found.size };
}
