import type { Log, RunningServer } from '@ostiary/server';

/** A supervisor that signals a process and its group sends the same signal twice in a moment: that is one request. */
const SECOND_SIGNAL_AFTER_MS = 500;

/** Serves until asked to end; a second request ends at once. SIGHUP loads again at once what is followed anyway. */
export async function untilSignal(server: RunningServer, log: Log): Promise<void> {
  process.on('SIGHUP', () => {
    log('info', 'SIGHUP: reading the configuration again');
    void server.reload();
  });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  // Until the time is over, repetitions must not fall back to the default action either.
  const repeated = (): void => undefined;
  process.on('SIGINT', repeated).on('SIGTERM', repeated);
  setTimeout(() => {
    process.once('SIGINT', () => process.exit(1)).once('SIGTERM', () => process.exit(1));
  }, SECOND_SIGNAL_AFTER_MS).unref();
  log('info', 'stopping: answering what is in flight');
  await server.stop();
  log('info', 'stopped');
}
