import { parentPort, workerData } from 'node:worker_threads';
import { compileGuest, controlOf, createGuest, DEFAULT_LIMITS } from '@ostiary/sandbox';

/** Calls one module once and posts the outcome; the creator sets the size of the heap. */
const { module, control } = workerData as { module: Uint8Array; control: WebAssembly.Memory };
const { memoryBytes } = DEFAULT_LIMITS;
const image = compileGuest(module, { abi: 'wasi-reactor', operations: ['validate'], memoryBytes });
const guest = createGuest(image, { control: controlOf(control), timeoutMs: 1000 });
parentPort?.postMessage(guest.call('validate', [new TextEncoder().encode('attack')]));
