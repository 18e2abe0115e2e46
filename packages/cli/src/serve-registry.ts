import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Log, ModuleSource, PolicyOptions, TrackedFiles, VerifyModule } from '@ostiary/server';
import { createSupply, type Supply, type SupplySettings } from './serve-supply.ts';

/** A module of a registry whose file is not what was downloaded. */
export class StoreChangedError extends Error {
  override readonly name = 'StoreChangedError';
  readonly code = 'store-changed';
}

export interface RegistryOptions {
  readonly options: Pick<PolicyOptions, 'registry' | 'verify' | 'trustVersion'>;
  /** Takes over what has changed of the files and has them watched; for the beginning of each load. */
  readonly follow: (files: TrackedFiles) => Promise<void>;
  /** Calls `listener` after it has taken over a change. */
  readonly onReplaced: (listener: () => void) => void;
}

/**
 * Where modules of registries and web servers come from, with the sources file, the credentials and the store that the
 * settings name, and who must have signed them. Reads nothing yet.
 */
export function registryOptionsOf(settings: SupplySettings, log: Log): RegistryOptions {
  const supply = createSupply(settings, log);
  const verify = settings.verificationPath === undefined ? undefined : verifier(supply);
  return {
    options: { registry: registrySource(supply), verify, trustVersion: supply.trustVersion },
    follow: supply.follow,
    onReplaced: supply.onReplaced,
  };
}

function registrySource({ current }: Supply): ModuleSource {
  return {
    async fetch(url, options) {
      const { fetchModule, parseReference } = await import('@ostiary/registry');
      const { client, store } = await current();
      const { path, digest } = await fetchModule(parseReference(url), { ...options, client, store });
      const bytes = await readFile(path);
      const found = createHash('sha256').update(bytes).digest('hex');
      if (digest !== `sha256:${found}`) throw new StoreChangedError(`${path} changed while it was read`);
      return { bytes, digest: found };
    },
  };
}

/**
 * Verifies the image that a reference names and answers with that image and the digest of the module in it: what is
 * fetched afterwards must be that, whatever the tag means then.
 */
function verifier({ current }: Supply): VerifyModule {
  return async (url, signal) => {
    const { findModuleLayer, parseReference, verifyImage } = await import('@ostiary/registry');
    const { client, verification, trustRoot } = await current();
    const reference = parseReference(url);
    if (reference.kind !== 'registry') {
      // Not by its URL, which may have a password.
      throw new Error('Image verification failed: only modules of a registry can be signed');
    }
    if (verification === undefined) throw new Error('Image verification failed: nobody is trusted');
    const { digest } = await verifyImage(reference, verification, { client, trustRoot, signal });
    const { layer } = await findModuleLayer(client, { ...reference, digest }, { signal });
    return { digest: layer.digest.replace(/^sha256:/, ''), manifestDigest: digest };
  };
}
