import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKubeClient, resource, type KubeClient } from '@ostiary/kube';
import { startFakeApiServer, type FakeApiServer } from '@ostiary/kube/testing';
import { constantPolicy } from '../generation/policy-module.fixture.ts';
import { serve, type RunningServer } from '../serve.ts';
import { acknowledgementText } from './acknowledge.ts';
import { openClusterSource } from './follow.ts';
import type { ClusterSource } from './follow.ts';

const CONFIG_MAPS = resource('v1', 'ConfigMap', 'configmaps');
const PODS = resource('v1', 'Pod', 'pods');
const NAMESPACE = 'kubewarden';
const NAME = 'policy-server-default';

let api: FakeApiServer;
let client: KubeClient;
let source: ClusterSource;
let server: RunningServer;
let folder = '';
let module = '';
let picky = '';

/** What the pod says of itself. */
function said(): {
  revision?: string;
  failed?: Record<string, string>;
  refused?: { revision: string; reason: string };
} {
  return JSON.parse(
    api.store.get(PODS, NAMESPACE, 'pod').metadata.annotations?.['ostiary.dev/serving'] ?? '{}',
  ) as object;
}

function configure(revision: string, policies: object, more: Readonly<Record<string, string>> = {}): void {
  const metadata = { namespace: NAMESPACE, name: NAME, annotations: { 'ostiary.dev/revision': revision } };
  api.put(CONFIG_MAPS, { metadata, data: { 'policies.yml': JSON.stringify(policies), 'sources.yml': '{}', ...more } });
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > end) assert.fail(`${what}: ${JSON.stringify(said())}`);
    await sleep(10);
  }
}

const policy = (from: string): object => ({ module: `file://${from}`, settings: null, hostCapabilities: ['*'] });

describe('a configuration that comes from the cluster', () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ostiary-cluster-'));
    [module, picky] = [join(folder, 'yes.wasm'), join(folder, 'picky.wasm')];
    await writeFile(module, constantPolicy({ answer: { accepted: true } }));
    const settingsAnswer = { valid: false, message: 'too picky' };
    await writeFile(picky, constantPolicy({ answer: { accepted: true }, settingsAnswer }));
    api = await startFakeApiServer({ resources: [CONFIG_MAPS, PODS] });
    client = createKubeClient(api.kubeConfig());
    api.put(PODS, { metadata: { namespace: NAMESPACE, name: 'pod' } });
    const pod = { namespace: NAMESPACE, name: 'pod' };
    source = openClusterSource({ client, configMap: { namespace: NAMESPACE, name: NAME }, pod, log: () => {} });
    const starting = serve({
      readConfig: () => source.readConfig(),
      host: '127.0.0.1',
      port: 0,
      probePort: 0,
      tls: undefined,
      servingThreads: 1,
      evaluationThreads: 3,
      failureMode: 'isolate',
      log: () => {},
      logFormat: { level: 'error', format: 'text' },
    });
    // The server waits for its configuration instead of starting without one.
    configure('r1', { a: policy(module) });
    server = await starting;
    source.drive(server);
  });
  after(async () => {
    await source.stop();
    await server.stop();
    await client.close();
    await api.stop();
    await rm(folder, { recursive: true });
  });

  test('is served, and said to be', async () => {
    await until('r1', () => said().revision === 'r1');
    assert.deepEqual(said().failed, {});
    assert.deepEqual(
      server.policies().map(({ id }) => id),
      ['a'],
    );
  });

  test('is followed as it changes; what fails is named, and goes on as it was', async () => {
    configure('r2', { a: policy(picky), b: policy(module) });
    await until('r2', () => said().revision === 'r2');
    assert.match(said().failed?.['a'] ?? '', /too picky/);
    assert.deepEqual(Object.keys(said().failed ?? {}), ['a']);
    assert.deepEqual(
      server.policies().map(({ id, state }) => `${id} ${state}`),
      ['a ready', 'b ready'],
    );
  });

  test('that can not be read leaves the old one, and says so', async () => {
    configure('r3', { a: { nonsense: true } });
    await until('a refusal', () => said().refused?.revision === 'r3');
    assert.equal(said().revision, 'r2');
    assert.deepEqual(
      server.policies().map(({ id }) => id),
      ['a', 'b'],
    );
    configure('r4', {});
    await until('r4', () => said().revision === 'r4' && said().refused === undefined);
    assert.deepEqual(server.policies(), []);
  });

  test('that is deleted goes on serving', async () => {
    configure('r5', { a: policy(module) });
    await until('r5', () => said().revision === 'r5');
    api.store.remove(CONFIG_MAPS, NAMESPACE, NAME);
    await sleep(100);
    assert.deepEqual(
      server.policies().map(({ id }) => id),
      ['a'],
    );
  });

  test('is acknowledged although the API server was away for a moment', async () => {
    api.inject({
      match: ({ method }) => method === 'PATCH',
      times: 1,
      action: { type: 'status', status: 409, reason: 'Conflict' },
    });
    configure('r6', { a: policy(module) });
    await until('r6', () => said().revision === 'r6');
  });
});

test('every failing policy is named, however many there are', () => {
  const failed = Object.fromEntries(Array.from({ length: 1500 }, (_, at) => [`kw.cap.${at}`, 'x'.repeat(300)]));
  const text = acknowledgementText({ revision: 'r', failed });
  assert.ok(text.length < 200 * 1024, String(text.length));
  assert.equal(Object.keys((JSON.parse(text) as { failed: object }).failed).length, 1500);
});
