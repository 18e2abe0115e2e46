import { parentPort } from 'node:worker_threads';

// A thread of capabilities that dies of what it is asked, if that is `die`; says nothing to `silence`; and else answers.
parentPort?.on('message', (message: { readonly id: number; readonly call?: { readonly operation: string } }) => {
  const operation = message.call?.operation;
  if (operation === 'die') process.exit(1);
  if (operation === 'silence') return;
  if (operation === 'break') {
    parentPort?.postMessage({ type: 'broken', id: message.id, cause: 'a defect' });
    return;
  }
  const answer = { ok: true, payload: new TextEncoder().encode(operation) };
  parentPort?.postMessage({ type: 'answered', id: message.id, answered: { answer, validity: { kind: 'once' } } });
});
