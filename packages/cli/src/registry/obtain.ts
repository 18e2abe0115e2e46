import {
  fetchModule,
  formatReference,
  type FetchedModule,
  type ModuleClient,
  type Reference,
  type Store,
} from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { startProgress } from '../progress.ts';
import type { RegistryFlags, SignatureFlags } from './flags.ts';
import { findPolicyHere } from './locate.ts';
import { openLocalStore, withClient } from './open.ts';
import { demandOf, verify } from './trust.ts';

/** A policy's module as a file, and whence it came. */
export interface Obtained extends FetchedModule {
  readonly reference: Reference;
  /** The canonical URL. */
  readonly url: string;
}

/**
 * The module that a command's argument names: found, verified if that is demanded, and fetched unless it is here.
 *
 * @throws RegistryError, TrustError, ReferenceError_
 */
export async function obtain(
  argument: string,
  flags: RegistryFlags & SignatureFlags,
  context: CommandContext,
  { takesImages = false }: { readonly takesImages?: boolean } = {},
): Promise<Obtained> {
  const store = openLocalStore(context);
  const reference = await findPolicyHere(argument, store, context, { takesImages });
  return withClient(flags, context, (client) => obtainAt(reference, { client, store, flags, context }));
}

export interface ObtainOptions {
  readonly client: ModuleClient;
  readonly store: Store;
  readonly flags: SignatureFlags;
  readonly context: CommandContext;
}

/** As `obtain`, with everything opened. */
export async function obtainAt(reference: Reference, options: ObtainOptions): Promise<Obtained> {
  const { client, store, flags, context } = options;
  const demand = await demandOf(flags, context);
  const manifestDigest = demand === undefined ? undefined : await verify(reference, demand, options);
  const progress = startProgress(context, `fetching ${formatReference(reference)}`);
  try {
    const fetched = await fetchModule(reference, {
      store,
      client,
      manifestDigest,
      onProgress: (done) => progress.update(done),
    });
    return { ...fetched, reference, url: formatReference(reference) };
  } finally {
    progress.end();
  }
}
