import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, closeSync, constants, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onProcessEnd, removeNow } from '../cleanup.ts';

/** A running Chromium. */
export interface Chromium {
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
  /** The last lines that it wrote, errors of the page among them. */
  readonly logTail: () => string;
  /** Ends it with all of its processes, and removes its profile. */
  readonly stop: () => Promise<void>;
}

/** The names that distributions give it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The browser's absolute path: `$CHROMIUM`, else the first one in `$PATH`; undefined when there is none. */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env['CHROMIUM']) return env['CHROMIUM'];
  const folders = (env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens a page in a headless Chromium with a new profile. Its own sandbox is off, as it needs what containers and root
 * don't have; all that it loads comes from this repository, and no name but the loopback's is resolved.
 *
 * It hangs on a leash, the pipe of its remote debugging: Chromium ends when that closes, however this process dies.
 */
export function startChromium(command: string, url: string): Chromium {
  const dir = mkdtempSync(join(tmpdir(), 'ostiary-chromium-'));
  const release = onProcessEnd(() => removeNow(dir));
  const logFile = join(dir, 'chromium.log');
  const log = openSync(logFile, 'a');
  const child = spawn(command, [...flags(dir), url], {
    env: { PATH: process.env['PATH'] ?? '', HOME: dir },
    stdio: ['ignore', log, log, 'pipe', 'pipe'],
    // A process group of its own, which whatever is left of it is found by.
    detached: true,
  });
  closeSync(log);
  const releaseChild = onProcessEnd(() => killGroup(child));
  const ended = endOf(child).finally(releaseChild);
  return {
    ended,
    logTail: () => logTail(logFile),
    stop: async () => {
      child.kill('SIGTERM');
      const patience = setTimeout(() => killGroup(child), STOP_MS);
      await ended;
      clearTimeout(patience);
      killGroup(child);
      removeNow(dir);
      release();
    },
  };
}

/** How long it may take to close. */
const STOP_MS = 5000;

/** Kills it and its other processes, which may outlive it for a moment. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // None is left.
  }
}

/** Without the complaints about a desktop that is not there. */
function logTail(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines
    .filter((line) => !line.includes(':dbus/'))
    .slice(-20)
    .join('\n');
}

function flags(dir: string): readonly string[] {
  const headless = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${dir}`];
  const plain = ['--no-first-run', '--no-default-browser-check', '--disable-breakpad', '--enable-logging=stderr'];
  // Nothing but the page's own requests, which go to the loopback.
  const silent = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'];
  const local = ['--no-proxy-server', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];
  return [...headless, ...plain, ...silent, ...local, '--remote-debugging-pipe'];
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
}
