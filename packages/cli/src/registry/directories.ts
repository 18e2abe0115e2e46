import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CommandContext } from '../context.ts';

/** Where configuration and downloads are kept; the same folders as kwctl's, so that both share policies. */
export interface Directories {
  readonly config: string;
  readonly cache: string;
  /** Policies. */
  readonly store: string;
}

/** Contract: authoring §1.1. */
export function directoriesOf({ env }: Pick<CommandContext, 'env'>, platform = process.platform): Directories {
  const { config, cache } = folders(env, platform);
  return { config, cache, store: join(cache, 'store') };
}

function folders(env: CommandContext['env'], platform: NodeJS.Platform): Omit<Directories, 'store'> {
  const home = env['HOME'] || homedir();
  if (platform === 'darwin') {
    const name = 'io.kubewarden.kubewarden';
    return { config: join(home, 'Library/Application Support', name), cache: join(home, 'Library/Caches', name) };
  }
  if (platform === 'win32') {
    const roaming = env['APPDATA'] || join(home, 'AppData/Roaming');
    const local = env['LOCALAPPDATA'] || join(home, 'AppData/Local');
    return { config: join(roaming, 'kubewarden/config'), cache: join(local, 'kubewarden/cache') };
  }
  return {
    config: join(absolute(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'kubewarden'),
    cache: join(absolute(env['XDG_CACHE_HOME']) ?? join(home, '.cache'), 'kubewarden'),
  };
}

/** The specification of these variables says that a relative path counts as none. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') === true ? path : undefined;
}
