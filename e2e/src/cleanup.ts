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
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
}
