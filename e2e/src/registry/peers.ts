import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { onProcessEnd } from '../cleanup.ts';
import { HarnessError } from '../errors.ts';
import { ensureGoTool } from '../go-tool.ts';

const run = promisify(execFile);

/** The program that is every peer, built first if the cache doesn't have it. */
export function ensurePeers(): Promise<string> {
  return ensureGoTool({ name: 'registry' });
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
