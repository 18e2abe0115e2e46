import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { cacheDir } from '../binaries.ts';
import { onProcessEnd } from '../cleanup.ts';
import { HarnessError } from '../errors.ts';
import { findGo, goBuild, requiredGo } from '../go.ts';

const MODULE_DIR = join(import.meta.dirname, '..', '..', 'registry');
const run = promisify(execFile);

/** The program that is every peer, built first if the cache doesn't have it (a minute and a half on two cores). */
export async function ensurePeers(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const goMod = await readFile(join(MODULE_DIR, 'go.mod'), 'utf8');
  const go = await findGo(MODULE_DIR, requiredGo(goMod), env);
  const hash = createHash('sha256').update(`${go.version} ${go.platform}\0`);
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(await readFile(join(MODULE_DIR, file))).update('\0');
  const root = cacheDir(env);
  const target = join(root, `registry-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(target)) return join(target, 'registry');
  await mkdir(root, { recursive: true });
  const building = await mkdtemp(join(root, 'building-'));
  try {
    const output = join(building, 'registry');
    await goBuild({ moduleDir: MODULE_DIR, output, ldflags: '-s -w', env, onPackage: () => undefined });
    await rename(building, target);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return join(target, 'registry');
}

/** A registry that runs. */
export interface PeerRegistry {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  readonly stop: () => Promise<void>;
}

/** Starts `registry ggcr` or `registry distribution` and waits until it listens. */
export async function startPeer(program: string, args: readonly string[]): Promise<PeerRegistry> {
  // Its standard input is a pipe that ends with this process, and so does the peer.
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const release = onProcessEnd(() => child.kill('SIGKILL'));
  const ended = new Promise<undefined>((resolve) => child.once('exit', () => resolve(undefined))).finally(release);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const host = await Promise.race([lines.next().then(({ value }) => value), ended]);
  if (host === undefined) throw new HarnessError('PROCESS_ENDED', `${args[0]} ended before it listened`);
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { host, stop };
}

/** Runs `registry crane …` or `registry oras …`; returns what it prints. */
export async function runPeer(program: string, args: readonly string[], home: string): Promise<string> {
  const { stdout } = await run(program, [...args], { env: { HOME: home, DOCKER_CONFIG: home }, timeout: 60_000 });
  return stdout.trim();
}
