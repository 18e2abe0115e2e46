import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findGo, goBuild, requiredGo } from './go.ts';

/** The programs of a control plane; the build makes one file, and each of these is a name it answers to. */
export const PROGRAMS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const;

/** The name of a program of the control plane. */
export type Program = (typeof PROGRAMS)[number];

/** Paths of the built programs. */
export type Binaries = Readonly<Record<Program, string>>;

const MODULE_DIR = join(import.meta.dirname, '..', 'cluster');

/** Where the programs come from and go to; the defaults are what the tests use. */
export interface BinariesOptions {
  /** Environment that is read, the process' own by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Takes progress lines; nothing is printed by default. */
  readonly log?: (line: string) => void;
}

/**
 * The folder that keeps what end-to-end tests build, outside of the checkout: `$OSTIARY_E2E_CACHE`, else
 * `$XDG_CACHE_HOME/ostiary/e2e`, else `~/.cache/ostiary/e2e`.
 */
export function cacheDir(env: NodeJS.ProcessEnv): string {
  if (env['OSTIARY_E2E_CACHE']) return env['OSTIARY_E2E_CACHE'];
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'ostiary', 'e2e');
}

/**
 * Paths of the control plane's programs, built first if the cache doesn't have them (six minutes on two cores with an
 * empty Go build cache). `$OSTIARY_E2E_BINARIES` names a folder that has them already.
 *
 * The build happens in a folder of its own and is renamed into place, so a run that is killed leaves no half result,
 * and of two runs that build at once the first to finish wins and the other takes the winner's files.
 */
export async function ensureBinaries(options: BinariesOptions = {}): Promise<Binaries> {
  const env = options.env ?? process.env;
  if (env['OSTIARY_E2E_BINARIES']) return paths(env['OSTIARY_E2E_BINARIES']);

  const goMod = await readFile(join(MODULE_DIR, 'go.mod'), 'utf8');
  const go = await findGo(MODULE_DIR, requiredGo(goMod), env);
  const ldflags = versionFlags(goMod);
  const key = await cacheKey([go.version, go.platform, ldflags]);
  const root = cacheDir(env);
  const target = join(root, `cluster-${key}`);
  if (existsSync(target)) return paths(target);

  await mkdir(root, { recursive: true });
  const building = await mkdtemp(join(root, 'building-'));
  try {
    await build(building, ldflags, env, options.log ?? (() => {}));
    await rename(building, target);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return paths(target);
}

function paths(dir: string): Binaries {
  return Object.fromEntries(PROGRAMS.map((name) => [name, join(dir, name)])) as Record<Program, string>;
}

/** Everything the result depends on: the sources, the toolchain, and the flags. */
async function cacheKey(parts: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(await readFile(join(MODULE_DIR, file))).update('\0');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}

/**
 * Linker flags that give the programs their Kubernetes version. Without them they call themselves v0.0.0, which
 * version-dependent defaults and kubectl's skew warning would believe. A module has no commit, so that field says so.
 */
export function versionFlags(goMod: string): string {
  const [, version = '', major = '', minor = ''] = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/.exec(goMod) ?? [];
  const values = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitCommit: `go-module-${version}`,
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
  };
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) =>
    Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`),
  );
  return ['-s -w', ...flags].join(' ');
}

async function build(dir: string, ldflags: string, env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<void> {
  const started = performance.now();
  const seconds = () => `${Math.round((performance.now() - started) / 1000)} s`;
  let compiled = 0;
  log(`building ${PROGRAMS.join(', ')}; this takes minutes once`);
  // Most of the time goes by before the last packages are linked, so silence would look like a hang, also to CI.
  const ticker = setInterval(() => log(`building: ${compiled} packages compiled in ${seconds()}`), 15_000);
  try {
    await goBuild({
      moduleDir: MODULE_DIR,
      output: join(dir, 'cluster'),
      ldflags,
      env,
      onPackage: (n) => (compiled = n),
    });
  } finally {
    clearInterval(ticker);
  }
  for (const name of PROGRAMS) await symlink('cluster', join(dir, name));
  log(`built in ${seconds()}`);
}
