import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, digestOfFolder } from '../cache.ts';

/** A program or module of the benchmark that is built on demand into the cache. */
export interface Artifact {
  readonly name: string;
  /** The file that is there once it is built; its folder names the digest of the sources and lock files. */
  output(): string;
  /** Builds it if that is not done; undefined, or why it can't be built. */
  build(): string | undefined;
}

export interface Recipe {
  readonly name: string;
  /** Relative to the room. */
  readonly sources: string;
  readonly command: string;
  /** The arguments that leave the result in the file `to`; `digest` is that of the sources. */
  readonly args: (to: string, digest: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where the command leaves its result, if not where it was told. */
  readonly result?: string;
}

const ROOM = fileURLToPath(new URL('../..', import.meta.url));
const LONGEST_BUILD_MS = 20 * 60_000;

export function artifact({ name, sources, command, args, env, result }: Recipe): Artifact {
  const cwd = join(ROOM, sources);
  const place = (digest: string): string => join(cacheFolder(), `${name}-${digest}`, name);
  const build = (): string | undefined => {
    const digest = digestOfFolder(cwd);
    const to = place(digest);
    if (existsSync(to)) return undefined;
    mkdirSync(dirname(to), { recursive: true });
    // Built beside its place, so that an interrupted build leaves nothing that looks whole.
    const made = result ?? `${to}.unfinished`;
    const { status, error, stderr } = spawnSync(command, args(made, digest), {
      cwd,
      env: { ...process.env, ...env },
      encoding: 'utf8',
      timeout: LONGEST_BUILD_MS,
    });
    if (error) return `${command} can't be run: ${error.message}`;
    if (status !== 0) return `${command} failed: ${stderr.trim().split('\n').slice(-5).join(' | ')}`;
    renameSync(made, to);
    return undefined;
  };
  return { name, output: () => place(digestOfFolder(cwd)), build };
}
