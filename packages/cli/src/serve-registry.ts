import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ModuleClient, Store, TrustRootSource } from '@ostiary/registry';
import type { Log, ModuleSource, PolicyOptions, ServerSettings, VerifyModule } from '@ostiary/server';

/** A module of a registry whose file is not what was downloaded. */
export class StoreChangedError extends Error {
  override readonly name = 'StoreChangedError';
  readonly code = 'store-changed';
}

interface Opened {
  readonly client: ModuleClient;
  readonly store: Store;
}

/**
 * What policies need of registries: their modules, with the sources file, the credentials and the store that the settings
 * name, who must have signed them, and the patterns of host capabilities. Loaded by servers with policies only.
 */
export async function registryOptionsOf(
  settings: ServerSettings,
  log: Log,
): Promise<Pick<PolicyOptions, 'registry' | 'verify' | 'checkHostCapabilities'>> {
  const { parseCapabilityPatterns } = await import('@ostiary/registry');
  const opened = retried(() => open(settings, log));
  const { verificationPath } = settings;
  return {
    registry: registrySource(opened),
    ...(verificationPath !== undefined && { verify: await verifier(verificationPath, settings, opened) }),
    checkHostCapabilities(patterns) {
      const parsed = parseCapabilityPatterns(patterns);
      if (!parsed.ok) throw new Error(parsed.problems[0]?.message);
    },
  };
}

function registrySource(opened: () => Promise<Opened>): ModuleSource {
  return {
    async fetch(url, { signal, onProgress }) {
      const { fetchModule, parseReference } = await import('@ostiary/registry');
      const { path, digest } = await fetchModule(parseReference(url), { ...(await opened()), signal, onProgress });
      const bytes = await readFile(path);
      const found = createHash('sha256').update(bytes).digest('hex');
      if (digest !== `sha256:${found}`) throw new StoreChangedError(`${path} changed while it was read`);
      return { bytes, digest: found };
    },
  };
}

/**
 * Verifies the image that a reference names and answers with the digest of the module in exactly that image: what is
 * fetched afterwards must have it, whatever the tag means then. A configuration that can't be read ends the start.
 */
async function verifier(path: string, settings: ServerSettings, opened: () => Promise<Opened>): Promise<VerifyModule> {
  const { findModuleLayer, parseReference, parseVerificationConfig, verifyImage } = await import('@ostiary/registry');
  const config = parseVerificationConfig(await readFile(path, 'utf8'), path);
  const trustRoot = await trustRootOf(settings);
  return async (url, signal) => {
    const reference = parseReference(url);
    if (reference.kind !== 'registry') {
      // Not by its URL, which may have a password.
      throw new Error('Image verification failed: only modules of a registry can be signed');
    }
    const { client } = await opened();
    const { digest } = await verifyImage(reference, config, { client, trustRoot, signal });
    const { layer } = await findModuleLayer(client, { ...reference, digest }, { signal });
    return { digest: layer.digest.replace(/^sha256:/, '') };
  };
}

/** A file if one is given, else Sigstore's own, asked for only when a signature can't be judged without it. */
export async function trustRootOf({
  sigstoreTrustConfig,
  sigstoreCacheDir,
}: Pick<ServerSettings, 'sigstoreTrustConfig' | 'sigstoreCacheDir'>): Promise<TrustRootSource> {
  const { lazyTrustRoot } = await import('@ostiary/registry');
  return lazyTrustRoot(
    sigstoreTrustConfig === undefined
      ? { kind: 'tuf', cacheDir: sigstoreCacheDir }
      : { kind: 'trust-config', path: sigstoreTrustConfig },
  );
}

async function open(settings: ServerSettings, log: Log): Promise<Opened> {
  const { createOciClient, loadCredentials, loadSources, openStore } = await import('@ostiary/registry');
  const { env } = process;
  const { sourcesPath, dockerConfigJsonPath, policiesDownloadDir } = settings;
  const warn = (message: string): void => log('warn', 'registry credentials', { cause: message });
  const credentials = await loadCredentials({ path: dockerConfigJsonPath, env, warn });
  const sources = sourcesPath === undefined ? undefined : await loadSources(sourcesPath);
  const store = openStore(policiesDownloadDir);
  await store.collectGarbage();
  return { client: createOciClient({ sources, credentials, env }), store };
}

/** Makes it once; after a failure again at the next call: a file that can't be used may have been mended. */
function retried<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}
