import { Worker } from 'node:worker_threads';
import { createControl, type Control } from '@ostiary/sandbox';

/** The control page of this thread, with a thread beside it that holds guests to their limits. */
export interface Clockwork extends AsyncDisposable {
  readonly control: Control;
}

/**
 * Starts the thread. It does not keep the process alive, but has to be stopped before the process may count as clean.
 */
export function startClockwork(): Clockwork {
  const control = createControl();
  const worker = new Worker(new URL('./ticker-thread.ts', import.meta.url), { workerData: { memory: control.memory } });
  worker.unref();
  return {
    control,
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
