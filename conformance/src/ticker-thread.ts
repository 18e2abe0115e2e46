import { parentPort, workerData } from 'node:worker_threads';
import { controlOf, tick, TICK_MS } from '@ostiary/sandbox';

/** The thread behind {@link file://./sandbox-host.ts}: keeps the time until its worker is terminated. */
const control = controlOf(workerData as WebAssembly.Memory);
const pause = new Int32Array(new SharedArrayBuffer(4));
tick([control], performance.now());
parentPort?.postMessage('ticking');
for (;;) {
  tick([control], performance.now());
  Atomics.wait(pause, 0, 0, TICK_MS);
}
