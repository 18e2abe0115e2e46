import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { startCluster, type Cluster } from './cluster.ts';
import { isFree } from './ports.ts';

/** True while a process with this id runs; a zombie that waits for its parent counts as ended. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function withCluster(options: Parameters<typeof startCluster>[0], use: (cluster: Cluster) => Promise<void>) {
  const cluster = await startCluster(options);
  try {
    await use(cluster);
  } finally {
    await cluster.stop();
  }
}

test('a cluster starts, serves kubectl, and stops without leaving anything', async (t) => {
  const started = performance.now();
  const cluster = await startCluster();
  t.diagnostic(`started in ${Math.round(performance.now() - started)} ms`);
  const pids = cluster.daemons().map(({ pid }) => pid);
  try {
    const version = await cluster.kubectl(['version', '-o', 'json']);
    const { clientVersion, serverVersion } = JSON.parse(version.stdout);
    assert.equal(serverVersion.gitVersion, clientVersion.gitVersion);
    assert.match(serverVersion.gitVersion, /^v1\.\d+\.\d+$/);

    const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { b: 'c' } });
    assert.deepEqual(await cluster.kubectl(['apply', '-f', '-'], { input: manifest }), {
      code: 0,
      stdout: 'configmap/a created\n',
      stderr: '',
    });
    const { status, body } = await cluster.request({ path: '/api/v1/namespaces/default/configmaps/a' });
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(body).data, { b: 'c' });

    const stranger = await cluster.kubectl(['get', 'configmaps'], { token: 'unknown' });
    assert.equal(stranger.code, 1);
    assert.match(stranger.stderr, /Unauthorized|must be logged in/);
  } finally {
    const stopping = performance.now();
    await cluster.stop();
    t.diagnostic(`stopped in ${Math.round(performance.now() - stopping)} ms`);
  }
  assert.equal(pids.length, 2);
  assert.deepEqual(pids.filter(isRunning), []);
  assert.equal(existsSync(cluster.dir), false);
  assert.equal(await isFree(Number(new URL(cluster.apiServerUrl).port)), true);
  await cluster.stop();
});

test('the controller manager gives namespaces their ServiceAccount and lets them go', async () => {
  await withCluster({ controllerManager: true }, async ({ kubectl }) => {
    assert.equal((await kubectl(['create', 'namespace', 'short-lived'])).code, 0);
    assert.equal((await kubectl(['wait', '--for=create', 'serviceaccount/default', '-n', 'short-lived'])).code, 0);
    const token = await kubectl(['create', 'token', 'default']);
    assert.equal(token.stdout.split('.').length, 3);
    assert.equal((await kubectl(['delete', 'namespace', 'short-lived', '--timeout=30s'])).code, 0);
  });
});

test('an API server that is started anew has its new flags and its old objects', async () => {
  await withCluster({}, async (cluster) => {
    await cluster.kubectl(['create', 'configmap', 'kept']);
    const path = '/api/v1/namespaces/default/configmaps/kept';
    assert.equal((await cluster.request({ path, token: '' })).status, 403);
    await cluster.restartApiServer({ flags: ['--anonymous-auth=false'] });
    assert.equal((await cluster.request({ path, token: '' })).status, 401);
    assert.equal((await cluster.request({ path })).status, 200);
  });
});

test('a start that fails says why and leaves nothing', async () => {
  await assert.rejects(startCluster({ flags: ['--no-such-flag'] }), {
    name: 'HarnessError',
    code: 'PROCESS_ENDED',
    message: /kube-apiserver ended \(exit code 1\)[^]*unknown flag: --no-such-flag/,
  });
});

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`a test process that dies by ${signal} takes its control plane with it`, async () => {
    const script = `
      import { startCluster } from ${JSON.stringify(join(import.meta.dirname, 'cluster.ts'))};
      const cluster = await startCluster();
      console.log(JSON.stringify({ dir: cluster.dir, pids: cluster.daemons().map(({ pid }) => pid) }));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { dir, pids } = JSON.parse(line) as { dir: string; pids: number[] };
    assert.deepEqual(pids.map(isRunning), [true, true]);
    child.kill(signal);
    for (let waited = 0; pids.some(isRunning) && waited < 5000; waited += 20) await sleep(20);
    assert.deepEqual(pids.filter(isRunning), []);
    // Nobody is left to remove the folder after a SIGKILL; everything milder removes it.
    assert.equal(existsSync(dir), signal === 'SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });
}
