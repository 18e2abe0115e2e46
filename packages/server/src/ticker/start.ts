import { Worker } from 'node:worker_threads';
import type { Control } from '@ostiary/sandbox';

/** Starts the thread that keeps the time of all others and stops their guests. */
export function startTicker(controls: readonly Control[]): { stop(): Promise<unknown> } {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: { controls: controls.map(({ memory }) => memory) },
  });
  return { stop: () => worker.terminate() };
}
