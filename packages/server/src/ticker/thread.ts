import { workerData } from 'node:worker_threads';
import { controlOf, createTicker, TICK_MS } from '@ostiary/sandbox';

/** The body of the ticker thread: it does nothing else, so that no guest and no compilation can hold it up. */
const { controls } = workerData as { readonly controls: readonly WebAssembly.Memory[] };
const tick = createTicker(controls.map(controlOf));

setInterval(() => tick(performance.now()), TICK_MS);
