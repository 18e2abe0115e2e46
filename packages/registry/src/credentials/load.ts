import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseCredentialConfig, type CredentialConfig } from './config.ts';
import type { Credential, Credentials } from './credential.ts';
import { askHelper } from './helper.ts';
import { findEntry } from './keys.ts';

export interface CredentialOptions {
  /** A `config.json`, or the directory that has one. Without it the usual places are read. */
  readonly path?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told what can't be used and why, never a secret. Being anonymous instead is the safe way on. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** Docker's file is small even with thousands of registries; a bigger one is a mistake. */
const MAX_FILE = 4 * 1024 * 1024;

/**
 * Reads credentials from where docker keeps them (`$DOCKER_CONFIG/config.json`, `~/.docker/config.json`) and then
 * podman (`$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json`). A `path` replaces all of these. Files are
 * read once; helpers are asked each time. Contract: authoring §3.3.
 */
export async function loadCredentials(options: CredentialOptions): Promise<Credentials> {
  const { env, warn = () => undefined } = options;
  const configs: CredentialConfig[] = [];
  for (const file of await files(options)) {
    const config = await readConfig(file, options.path !== undefined, warn);
    if (config !== undefined) configs.push(config);
  }
  return {
    async find(registry, repository, signal) {
      for (const config of configs) {
        const found = await findIn(config, { registry, repository, env, warn, signal });
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

interface Query {
  readonly registry: string;
  readonly repository: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** The registry's own helper, then its entry, then the helper for all. */
async function findIn(config: CredentialConfig, query: Query): Promise<Credential | undefined> {
  const { registry, repository } = query;
  const helper = findEntry(config.helpers, registry, repository);
  const own = helper === undefined ? undefined : await askQuietly(helper, query);
  if (own !== undefined) return own;
  const entry = findEntry(config.auths, registry, repository);
  if (entry !== undefined) return entry;
  return config.store === undefined ? undefined : askQuietly(config.store, query);
}

async function askQuietly(helper: string, query: Query): Promise<Credential | undefined> {
  // `docker login` files Docker Hub under this URL, and helpers compare texts.
  const server = query.registry === 'docker.io' ? 'https://index.docker.io/v1/' : query.registry;
  try {
    return await askHelper(helper, server, query.env, query.signal);
  } catch (error) {
    query.warn(`credentials for ${query.registry}: ${error instanceof Error ? error.message : 'unknown failure'}`);
    return undefined;
  }
}

async function files({ path, env }: CredentialOptions): Promise<readonly string[]> {
  if (path !== undefined) {
    const isDirectory = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    return [isDirectory ? join(path, 'config.json') : path];
  }
  const docker = env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker');
  const runtime = env['XDG_RUNTIME_DIR'];
  return [
    join(docker, 'config.json'),
    ...(env['REGISTRY_AUTH_FILE'] ? [env['REGISTRY_AUTH_FILE']] : []),
    ...(runtime ? [join(runtime, 'containers', 'auth.json')] : []),
  ];
}

async function readConfig(
  file: string,
  isNamed: boolean,
  warn: (message: string) => void,
): Promise<CredentialConfig | undefined> {
  try {
    const { size } = await stat(file);
    if (size > MAX_FILE) throw new Error('it is too large');
    return parseCredentialConfig(await readFile(file, 'utf8'));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    // Nobody has all of the usual files; one that was named should be there.
    if (!isMissing || isNamed)
      warn(`credentials file ${file}: ${error instanceof Error ? error.message : 'unreadable'}`);
    return undefined;
  }
}
