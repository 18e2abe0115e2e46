import { parentPort } from 'node:worker_threads';
import { spinningGuest } from './guest.ts';

/** Runs the guest to its end, as an evaluation thread does with a run that was thrown away. */
const { run } = new WebAssembly.Instance(spinningGuest(), { host: { check: () => undefined } }).exports;

parentPort?.on('message', (rounds: number) => {
  (run as (rounds: number) => void)(rounds);
  parentPort?.postMessage('done');
});
