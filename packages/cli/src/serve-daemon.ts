import { spawn, type ChildProcess } from 'node:child_process';
import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ServerSettings } from '@ostiary/server';

const BIN = fileURLToPath(new URL('../bin/ostiary.js', import.meta.url));

/** What the background process tells the one that started it. */
const SERVING = 'serving';

/** A background process that ended before it served; what it has to say is in its standard error. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError';
  readonly code = 'daemon-ended';
}

/**
 * Runs the same command in the background, in a session of its own, and writes its id into the pid file. Resolves when it
 * serves, so that whoever started it may send requests at once and reads failures where it looks for them.
 *
 * @param args The whole command line; the background process gets it with `--daemon=false`
 * @throws DaemonError, or the error of a file that can't be written
 */
export async function startDaemon(args: readonly string[], settings: ServerSettings): Promise<void> {
  const { daemonStdoutFile, daemonStderrFile, daemonPidFile } = settings;
  const outputs = [await openOutput(daemonStdoutFile), await openOutput(daemonStderrFile)] as const;
  const [out, err] = outputs.map((output) => output?.fd ?? 'ignore');
  const child = spawn(process.execPath, [...process.execArgv, BIN, ...args, '--daemon=false'], {
    detached: true,
    stdio: ['ignore', out, err, 'ipc'],
  });
  try {
    await writeFile(daemonPidFile, `${child.pid ?? ''}\n`);
    await served(child, daemonStderrFile);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    for (const output of outputs) await output?.close();
  }
  if (child.connected) child.disconnect();
  child.unref();
}

/** Tells the process that started this one, if one waits for it. */
export function tellServing(): void {
  if (!process.send) return;
  process.send(SERVING);
  process.disconnect?.();
}

async function openOutput(path: string | undefined): Promise<FileHandle | undefined> {
  return path === undefined ? undefined : open(path, 'a');
}

async function served(child: ChildProcess, stderrFile: string | undefined): Promise<void> {
  const where = stderrFile === undefined ? '--daemon-stderr-file names a file that says why' : `see ${stderrFile}`;
  await new Promise<void>((resolve, reject) => {
    child.once('message', (message) => message === SERVING && resolve());
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new DaemonError(`the background process ended with code ${code ?? 1}; ${where}`)),
    );
  });
}
