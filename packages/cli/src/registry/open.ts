import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  createOciClient,
  loadCredentials,
  loadSources,
  openStore,
  type ModuleClient,
  type Store,
} from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { log } from '../log.ts';
import { directoriesOf } from './directories.ts';
import type { RegistryFlags } from './flags.ts';

/** The local store alone; nothing of the network is set up. */
export function openLocalStore(context: CommandContext): Store {
  return openStore(directoriesOf(context).store);
}

/** Runs `use` with a client that is closed afterwards. */
export async function withClient<T>(
  flags: RegistryFlags,
  context: CommandContext,
  use: (client: ModuleClient) => Promise<T>,
): Promise<T> {
  const client = await openClient(flags, context);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** A client as the flags, the default sources file, the credentials and the environment's proxies say. */
export async function openClient(flags: RegistryFlags, context: CommandContext): Promise<ModuleClient> {
  const { env, cwd } = context;
  const usual = join(directoriesOf(context).config, 'sources.yaml');
  const named = flags.sourcesPath === undefined ? undefined : resolve(cwd, flags.sourcesPath);
  const path = named ?? (existsSync(usual) ? usual : undefined);
  const credentials = await loadCredentials({
    path: flags.dockerConfigJsonPath === undefined ? undefined : resolve(cwd, flags.dockerConfigJsonPath),
    env,
    warn: (message) => log(context, 'warn', message),
  });
  return createOciClient({ sources: path === undefined ? undefined : await loadSources(path), credentials, env });
}
