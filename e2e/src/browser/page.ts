import { createControl } from '@ostiary/sandbox';
import { describeError, report } from './events.ts';

/** The page: makes the control page that its two workers share, starts the ticker, then the contract. */
async function start(): Promise<void> {
  if (!crossOriginIsolated) throw new Error('the page is not cross-origin isolated, so workers can share no memory');
  const { memory } = createControl();
  const ticker = makeWorker('ticker-worker.ts');
  const ticking = new Promise((resolve) => ticker.addEventListener('message', resolve, { once: true }));
  ticker.postMessage(memory);
  // Deadlines hold from the first tick on.
  await ticking;
  makeWorker('suite-worker.ts').postMessage(memory);
}

/** A worker whose failure to load, or to go on, is the end of the run. */
function makeWorker(file: string): Worker {
  const worker = new Worker(new URL(file, import.meta.url), { type: 'module' });
  worker.addEventListener('error', ({ message }) => {
    void report({ type: 'broken', message: `${file} failed${message ? `: ${message}` : ' to load'}` });
  });
  return worker;
}

start().catch((error: unknown) => report({ type: 'broken', message: describeError(error) }));
