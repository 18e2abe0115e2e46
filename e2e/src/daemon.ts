import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onProcessEnd } from './cleanup.ts';
import { HarnessError } from './errors.ts';

/** How a long-running program is started. */
export interface DaemonOptions {
  /** Names the log and the pid file: `<dir>/<name>.log`, `<dir>/<name>.pid`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly dir: string;
  /** Working directory, `dir` by default. */
  readonly cwd?: string;
  /** Variables beside the few every daemon gets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running program. */
export interface Daemon {
  readonly name: string;
  readonly pid: number;
  /** Standard output and error of this and earlier runs of the same name. */
  readonly logFile: string;
  /** Resolves when the program has ended, with how it ended, as in `exit code 1` or `signal SIGKILL`. */
  readonly ended: Promise<string>;
  /** Sends the signal, SIGKILL by default, and waits for the end; does nothing if the program has ended. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

/**
 * Starts a program on a leash: a pipe as standard input, which the program watches and whose end is its own end. The
 * control plane's programs do so when `OSTIARY_E2E_LEASH` is `stdin`, Node programs by importing `leash.ts`.
 *
 * The environment is made up, not inherited: proxy settings or an own KUBECONFIG must not reach a control plane.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { name, dir } = options;
  const logFile = join(dir, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(options.command, options.args, {
    cwd: options.cwd ?? dir,
    env: { PATH: process.env['PATH'] ?? '', HOME: dir, OSTIARY_E2E_LEASH: 'stdin', ...options.env },
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  const release = onProcessEnd(() => child.kill('SIGKILL'));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  }).finally(release);

  if (child.pid === undefined) throw new HarnessError('PROCESS_ENDED', `${name} did not start: ${await ended}`);
  const stop = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  await writeFile(join(dir, `${name}.pid`), `${child.pid}\n`);
  return { name, pid: child.pid, logFile, ended, stop };
}

/** The last lines of a daemon's log. */
export function logTail(daemon: Daemon, lines = 30): string {
  const all = readFileSync(daemon.logFile, 'utf8').trimEnd().split('\n');
  return [`--- ${daemon.name}, last ${lines} lines of its log`, ...all.slice(-lines)].join('\n');
}

/** Wait for a daemon until something about it holds. */
export interface Wait {
  /** What is waited for, for the error message. */
  readonly what: string;
  /** Tells whether it holds; a rejection counts as not yet. */
  readonly probe: () => Promise<boolean>;
  readonly timeoutMs: number;
}

const POLL_MS = 20;

/** Polls until the probe holds. Throws `PROCESS_ENDED` or `NOT_READY` with the end of the log. */
export async function waitFor(daemon: Daemon, wait: Wait): Promise<void> {
  const deadline = performance.now() + wait.timeoutMs;
  let end: string | undefined;
  void daemon.ended.then((how) => (end = how));
  let last = 'the probe said no';
  while (performance.now() < deadline) {
    try {
      if (await wait.probe()) return;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (end !== undefined) throw failed('PROCESS_ENDED', `${daemon.name} ended (${end}) before ${wait.what}`, daemon);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw failed('NOT_READY', `no ${wait.what} within ${wait.timeoutMs} ms: ${last}`, daemon);
}

function failed(code: 'PROCESS_ENDED' | 'NOT_READY', message: string, daemon: Daemon): HarnessError {
  return new HarnessError(code, `${message}\n${logTail(daemon)}`);
}
