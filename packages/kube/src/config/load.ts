import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { KubeConfigError } from '../errors.ts';
import { EMPTY_FILE, mergeFiles, readKubeConfigFile, type KubeConfigFile } from './file.ts';
import { inClusterConfig } from './in-cluster.ts';
import { readCluster, readContext, readUser } from './stanzas.ts';
import type { KubeConfig } from './types.ts';

export interface LoadKubeConfigOptions {
  /** The one file to read, as of `--kubeconfig`; it must exist. Default: what the environment says. */
  readonly path?: string | undefined;
  /** Default: the file's `current-context`. */
  readonly context?: string | undefined;
  /** Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where a container's credentials are; for tests. */
  readonly serviceAccountDir?: string;
}

/**
 * Finds the API to talk to: `path`; else the files that KUBECONFIG lists, of which some may be missing; else
 * `~/.kube/config`; and if there is none of these, the credentials of a container (contract: controller §7).
 * Throws KubeConfigError.
 */
export async function loadKubeConfig(options: LoadKubeConfigOptions = {}): Promise<KubeConfig> {
  const { env = process.env, context } = options;
  const files = candidates(options.path, env);
  const read = await Promise.all(files.map((file) => readKubeConfigFile(file)));
  const found = read.filter((file) => file !== undefined);
  if (options.path !== undefined && found.length === 0) {
    throw new KubeConfigError('not-found', 'does not exist', { file: options.path });
  }
  const merged = found.reduce(mergeFiles, EMPTY_FILE);
  if (context === undefined && merged.contexts.size === 0 && options.path === undefined) {
    const inside = inClusterConfig(env, options.serviceAccountDir);
    if (inside !== undefined) return inside;
    throw new KubeConfigError('not-found', `no kubeconfig (${files.join(', ')}) and not in a cluster`);
  }
  return select(merged, files.join(delimiter), context);
}

function candidates(path: string | undefined, env: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (path !== undefined) return [resolve(path)];
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  // A file that is listed twice must not be merged with itself.
  if (listed.length > 0) return [...new Set(listed.map((file) => resolve(file)))];
  return [join(env['HOME'] ?? homedir(), '.kube', 'config')];
}

function select(merged: KubeConfigFile, file: string, wanted: string | undefined): KubeConfig {
  const name = wanted ?? merged.currentContext;
  if (name === undefined)
    throw new KubeConfigError('unknown-context', 'is missing', { file, field: 'current-context' });
  const context = merged.contexts.get(name);
  if (context === undefined)
    throw new KubeConfigError('unknown-context', `no context ${JSON.stringify(name)}`, { file });
  const { cluster: clusterName, user: userName, namespace = 'default' } = readContext(context);
  const cluster = clusterName === undefined ? undefined : merged.clusters.get(clusterName);
  if (cluster === undefined) {
    throw new KubeConfigError('unknown-cluster', `no cluster ${JSON.stringify(clusterName ?? '')}`, {
      file: context.file,
      field: `${context.place}.cluster`,
    });
  }
  const user = userName === undefined ? undefined : merged.users.get(userName);
  if (userName !== undefined && user === undefined) {
    throw new KubeConfigError('unknown-user', `no user ${JSON.stringify(userName)}`, {
      file: context.file,
      field: `${context.place}.user`,
    });
  }
  return { cluster: readCluster(cluster), user: user === undefined ? {} : readUser(user), namespace, context: name };
}
