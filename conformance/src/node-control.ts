import { after } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createControl, type Control } from '@ostiary/sandbox';

/** A control page for one test file, whose ticker stops after the file's tests. Deadlines hold from the start. */
export async function tickingControl(): Promise<Control> {
  const control = createControl();
  const ticker = new Worker(new URL('ticker-thread.ts', import.meta.url), { workerData: control.memory });
  await new Promise((resolve, reject) => ticker.once('message', resolve).once('error', reject));
  after(() => ticker.terminate());
  return control;
}
