import { workerData } from 'node:worker_threads';
import { controlOf, createTicker, TICK_MS } from '@ostiary/sandbox/control';

/** The body of the ticker thread: it does nothing else, so that no guest can hold it up. */
const { memory } = workerData as { readonly memory: WebAssembly.Memory };
const tick = createTicker([controlOf(memory)]);

setInterval(() => tick(performance.now()), TICK_MS);
