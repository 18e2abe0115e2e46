import { appendFileSync, readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { ToServing } from './protocol.ts';

/**
 * A serving thread that ends when it is asked what it has counted, and whose successors end at birth until the
 * DYING_THREAD_LIVES_AT th. Births are counted by the length of the file DYING_THREAD_BIRTHS.
 */
const births = process.env['DYING_THREAD_BIRTHS'] ?? '';
appendFileSync(births, '.');
const born = readFileSync(births).length;
if (born > 1 && born < Number(process.env['DYING_THREAD_LIVES_AT'])) process.exit(1);
await import('./thread.ts');
if (born === 1) {
  parentPort?.on('message', (message: ToServing) => {
    if (message.type === 'collect') process.exit(1);
  });
}
