import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '../binaries.ts';
import { ROOT } from '../ostiary.ts';

const run = promisify(execFile);
/** The first build of a Rust policy compiles its SDK, on two cores. */
const TIMEOUT_MS = 15 * 60_000;

/** Somebody who writes policies: a folder, a home, and `ostiary` on the path. */
export interface Author {
  readonly folder: string;
  /** Runs a line in a shell, in a folder below; returns what it prints. Fails as the line does. */
  shell(line: string, where?: string): Promise<string>;
  /** The variables that its programs see. */
  readonly env: Readonly<Record<string, string>>;
  leave(): Promise<void>;
}

/**
 * @param programs Folders of programs, before those of the system
 */
export async function createAuthor(programs: readonly string[] = []): Promise<Author> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-author-'));
  const bin = join(folder, '.bin');
  await mkdir(bin);
  for (const name of ['ostiary', 'kwctl']) await symlink(join(ROOT, 'packages/cli/bin', `${name}.js`), join(bin, name));
  const { HOME: home = '', PATH: path = '' } = process.env;
  // Compilers keep what they fetched and built in the user's own home; everything else stays in the folder.
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const env: Readonly<Record<string, string>> = {
    ...Object.fromEntries(inherited),
    HOME: folder,
    PATH: [bin, join(ROOT, 'node_modules/.bin'), ...programs, path].join(delimiter),
    XDG_CONFIG_HOME: join(folder, '.config'),
    XDG_CACHE_HOME: join(folder, '.cache'),
    GOCACHE: join(home, '.cache/go-build'),
    GOPATH: process.env['GOPATH'] ?? join(home, 'go'),
    CARGO_HOME: process.env['CARGO_HOME'] ?? join(home, '.cargo'),
    // The SDK of Rust takes a minute to compile; it is the same in every project.
    CARGO_TARGET_DIR: join(cacheDir(process.env), 'rust-template'),
    RUSTUP_HOME: process.env['RUSTUP_HOME'] ?? join(home, '.rustup'),
    npm_config_cache: process.env['npm_config_cache'] ?? join(home, '.npm'),
    COSIGN_PASSWORD: '',
  };
  return {
    folder,
    env,
    async shell(line, where = '.') {
      const { stdout, stderr } = await run('sh', ['-c', line], { cwd: join(folder, where), env, timeout: TIMEOUT_MS });
      return stdout + stderr;
    },
    leave: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Lets the author's tools speak plain HTTP with a registry. */
export async function trustRegistry({ folder }: Author, host: string): Promise<void> {
  await mkdir(join(folder, '.config/kubewarden'), { recursive: true });
  await writeFile(join(folder, '.config/kubewarden/sources.yaml'), JSON.stringify({ insecure_sources: [host] }));
}

/** Puts what `npm install` would fetch in its place: the project's own SDK, and the compiler of this checkout. */
export async function installFromCheckout({ folder }: Author, project: string): Promise<void> {
  const modules = join(folder, project, 'node_modules');
  await mkdir(join(modules, '@ostiary'), { recursive: true });
  await mkdir(join(modules, '.bin'));
  await symlink('../../sdk', join(modules, '@ostiary/sdk'));
  await symlink(join(ROOT, 'node_modules/assemblyscript'), join(modules, 'assemblyscript'));
  await symlink(join(ROOT, 'node_modules/assemblyscript/bin/asc.js'), join(modules, '.bin/asc'));
}
