import { workerData } from 'node:worker_threads';
import { controlOf, createTicker, TICK_MS } from '@ostiary/sandbox/control';

/**
 * The body of the ticker thread: it does nothing else, so that no guest and no compilation can hold it up. It loads nothing
 * else either: the whole of the sandbox takes as long to load as a module takes to compile.
 */
const { controls } = workerData as { readonly controls: readonly WebAssembly.Memory[] };
const tick = createTicker(controls.map(controlOf));

setInterval(() => tick(performance.now()), TICK_MS);
