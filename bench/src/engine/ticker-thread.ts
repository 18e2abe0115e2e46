import { parentPort, workerData } from 'node:worker_threads';
import { controlOf, createTicker, TICK_MS } from '@ostiary/sandbox';

/** The thread behind {@link file://./sandbox-peer.ts}: keeps the time until its worker is terminated. */
const tick = createTicker([controlOf(workerData as WebAssembly.Memory)]);
tick(performance.now());
parentPort?.postMessage('ticking');
setInterval(() => tick(performance.now()), TICK_MS);
