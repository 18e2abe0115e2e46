import { parentPort, workerData } from 'node:worker_threads';
import { controlOf, tick, TICK_MS } from '@ostiary/sandbox';

/** The thread behind {@link file://./sandbox-peer.ts}: keeps the time until its worker is terminated. */
const control = controlOf(workerData as WebAssembly.Memory);
tick([control], performance.now());
parentPort?.postMessage('ticking');
setInterval(() => tick([control], performance.now()), TICK_MS);
