import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

const LEASH = join(import.meta.dirname, 'leash.ts');

function start(script: string, env: NodeJS.ProcessEnv) {
  return spawn(process.execPath, ['--import', LEASH, '--input-type=module', '--eval', script], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 10_000,
  });
}

const FOREVER = "console.log('up'); setInterval(() => {}, 1000);";

test('a program on the leash ends when its standard input closes', async () => {
  const child = start(FOREVER, { OSTIARY_E2E_LEASH: 'stdin' });
  await once(child.stdout, 'data');
  child.stdin.end();
  assert.deepEqual(await once(child, 'exit'), [1, null]);
});

test('the leash holds the program, not its threads', async () => {
  const thread = `
    import { parentPort } from 'node:worker_threads';
    setTimeout(() => parentPort.postMessage('alive'), 100);`;
  const script = `
    import { Worker } from 'node:worker_threads';
    new Worker(${JSON.stringify(thread)}, { eval: true }).once('message', console.log);`;
  const child = start(script, { OSTIARY_E2E_LEASH: 'stdin' });
  const ended = once(child, 'exit');
  assert.equal((await child.stdout.toArray()).join(''), 'alive\n');
  assert.deepEqual(await ended, [0, null]);
});

test('the leash does not keep a program alive that is done', async () => {
  assert.deepEqual(await once(start('', { OSTIARY_E2E_LEASH: 'stdin' }), 'exit'), [0, null]);
});

test('without the variable a program does not care', async () => {
  const child = start(FOREVER, {});
  await once(child.stdout, 'data');
  child.stdin.end();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(child.exitCode, null);
  child.kill();
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
});
