import { rmSync } from 'node:fs';
import process from 'node:process';

const cleanups = new Set<() => void>();
let installed = false;

/**
 * Runs `cleanup` when this process exits or is ended by a signal it can see. It must be synchronous and must not throw.
 * Returns a function that takes the registration back. SIGKILL can't be seen: what must die then hangs on a leash
 * (see `startDaemon`).
 */
export function onProcessEnd(cleanup: () => void): () => void {
  install();
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/**
 * Removes a test's folder, unless `$OSTIARY_E2E_KEEP` is set. At the end of this process the programs got their SIGKILL
 * just before and may still be writing, hence the retries.
 */
export function removeNow(dir: string): void {
  if (!process.env['OSTIARY_E2E_KEEP']) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
}

function install(): void {
  if (installed) return;
  installed = true;
  process.on('exit', runAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      runAll();
      // The listener is gone by now, so the same signal has its usual effect and the exit status tells the truth.
      process.kill(process.pid, signal);
    });
  }
}

function runAll(): void {
  // The last thing set up goes first: programs before the folder they write into.
  for (const cleanup of [...cleanups].toReversed()) cleanup();
  cleanups.clear();
}
