import { isMainThread } from 'node:worker_threads';

/**
 * Imported before a Node program (`node --import`), this ends the program when its standard input closes, which happens
 * when the test process that started it dies, however it dies.
 *
 * The import happens again in every worker thread, whose standard input is closed from the start; it is left alone.
 */
if (isMainThread && process.env['OSTIARY_E2E_LEASH'] === 'stdin') {
  process.stdin.on('end', () => process.exit(1));
  process.stdin.on('error', () => process.exit(1));
  process.stdin.resume();
  // Only the pipe's end matters: a watched pipe must not keep a program alive that has nothing left to do.
  if ('unref' in process.stdin) process.stdin.unref();
}
