import { workerData } from 'node:worker_threads';
import { controlOf, TICK_MS, tick } from '@ostiary/sandbox';

/** The body of the ticker thread: it does nothing else, so that no guest and no compilation can hold it up. */
const controls = (workerData as { readonly controls: readonly WebAssembly.Memory[] }).controls.map(controlOf);

setInterval(() => tick(controls, performance.now()), TICK_MS);
