import { parentPort, workerData } from 'node:worker_threads';
import { controlOf, createTicker, TICK_MS } from '@ostiary/sandbox';

/** The thread behind {@link file://./node-control.ts}: keeps the time until its worker is terminated. */
const tick = createTicker([controlOf(workerData as WebAssembly.Memory)]);
const pause = new Int32Array(new SharedArrayBuffer(4));
parentPort?.postMessage('ticking');
for (;;) {
  tick(performance.now());
  Atomics.wait(pause, 0, 0, TICK_MS);
}
