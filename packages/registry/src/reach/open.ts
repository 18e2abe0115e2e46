import { loadCredentials } from '../credentials/load.ts';
import { RegistryError } from '../errors.ts';
import { createOciClient } from '../oci/create.ts';
import type { ModuleClient } from '../oci/client.ts';
import { loadSources } from '../sources/load.ts';
import { TrustError } from '../trust/errors.ts';
import { lazyTrustRoot, type TrustRootSource } from '../trust/trust-root.ts';

/** The files that say how registries are reached and who vouches for signatures. All are optional. */
export interface ReachFiles {
  readonly sourcesPath?: string | undefined;
  /** A `config.json` of docker's, or the folder that has one. Default: the usual places. */
  readonly dockerConfigJsonPath?: string | undefined;
  /** A client trust configuration of Sigstore's; it replaces the roots that its update framework gives. */
  readonly sigstoreTrustConfig?: string | undefined;
  /** Where the roots of the update framework are cached. Without either, nothing that needs a root is trusted. */
  readonly sigstoreCacheDir?: string | undefined;
}

/** What these files said when they were read. */
export interface Reach {
  readonly client: ModuleClient;
  readonly trustRoot: TrustRootSource;
  /** False: the credentials file can't be used, and the client is anonymous. */
  readonly hasCredentials: boolean;
}

export interface ReachOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told what is wrong with credentials, never a secret. */
  readonly warn: (message: string) => void;
}

/**
 * Reads the files. At the start, being anonymous is the safe way on when credentials can't be used, and a trust root may
 * still arrive. With an `old` reach what can't be used is an error instead, so that the old one stays in force.
 *
 * @throws {RegistryError} `invalid-configuration` of sources or credentials.
 * @throws {TrustError} `no-trust-root`, beside an `old` reach alone.
 */
export async function openReach(files: ReachFiles, { env, warn }: ReachOptions, old?: Reach): Promise<Reach> {
  const { sourcesPath, dockerConfigJsonPath: path, sigstoreTrustConfig } = files;
  const trustRoot = trustRootOf(files);
  // Whoever vouches must be known before those who were vouched for go.
  if (old && sigstoreTrustConfig !== undefined) await trustRoot();
  const sources = sourcesPath === undefined ? undefined : await loadSources(sourcesPath);
  let problem: string | undefined;
  const credentials = await loadCredentials({
    path,
    env,
    warn: (message) => {
      problem ??= message;
      warn(message);
    },
  });
  if (problem !== undefined && old?.hasCredentials === true) throw new RegistryError('invalid-configuration', problem);
  return { client: createOciClient({ sources, credentials, env }), trustRoot, hasCredentials: problem === undefined };
}

/** Asked only when a signature can't be judged without it. */
function trustRootOf({ sigstoreTrustConfig, sigstoreCacheDir }: ReachFiles): TrustRootSource {
  if (sigstoreTrustConfig !== undefined) return lazyTrustRoot({ kind: 'trust-config', path: sigstoreTrustConfig });
  if (sigstoreCacheDir !== undefined) return lazyTrustRoot({ kind: 'tuf', cacheDir: sigstoreCacheDir });
  return async () => Promise.reject(new TrustError('no-trust-root', 'there is no Sigstore trust root'));
}
