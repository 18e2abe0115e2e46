import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from './binaries.ts';
import { findGo, goBuild, requiredGo } from './go.ts';

/** A program of a Go module of its own, below `e2e/`. */
export interface GoTool {
  /** Names the folder of the module, and the program. */
  readonly name: 'cosign' | 'helm' | 'registry';
  /** The main package; that of the module itself by default. */
  readonly package?: string;
  /** More linker flags than those that leave out symbols. */
  readonly ldflags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Path of the program, built first if the cache doesn't have it: one to three minutes on two cores. The build happens in a
 * folder of its own and is renamed into place, so that a run that is killed leaves no half result, and of two runs that
 * build at once the slower takes the other's.
 */
export async function ensureGoTool({ name, package: main, ldflags = [], env = process.env }: GoTool): Promise<string> {
  const moduleDir = join(import.meta.dirname, '..', name);
  const flags = ['-s -w', ...ldflags].join(' ');
  const goMod = await readFile(join(moduleDir, 'go.mod'), 'utf8');
  const go = await findGo(moduleDir, requiredGo(goMod), env);
  const hash = createHash('sha256').update([go.version, go.platform, flags].join('\0'));
  for (const file of (await readdir(moduleDir)).toSorted()) {
    if (/\.(go|mod|sum)$/.test(file)) hash.update(`\0${file}\0`).update(await readFile(join(moduleDir, file)));
  }
  const root = cacheDir(env);
  const target = join(root, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(target)) return join(target, name);
  await mkdir(root, { recursive: true });
  const building = await mkdtemp(join(root, 'building-'));
  try {
    await goBuild({
      moduleDir,
      ...(main !== undefined && { package: main }),
      output: join(building, name),
      ldflags: flags,
      env,
      onPackage: () => undefined,
    });
    await rename(building, target);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return join(target, name);
}
