import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import { askingPolicy } from '@ostiary/conformance/node';
import { startTestRegistry, type TestRegistry } from '@ostiary/registry/testing';
import { connect, type Client } from '../policies/client.ts';
import { startPolicyServer, type PolicyServer } from '../policies/server.ts';

/** An edit is known to host calls within this time. */
const FOLLOW_MS = 10_000;
/** An answer about an image would otherwise be kept for a minute. */
const SOON_MS = 300;

suite('host calls follow the files that say how registries are reached', () => {
  /** Whom the registry knows. */
  const allowed = { kind: 'basic' as const, username: 'robot', password: 'first' };
  let registry: TestRegistry;
  let server: PolicyServer;
  let client: Client;
  let dir: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ostiary-e2e-reach-'));
    registry = await startTestRegistry({ access: allowed });
    registry.addManifest('app', { schemaVersion: 2, config: {}, layers: [] }, 'v1');
    const payload = JSON.stringify(`${registry.host}/app:v1`);
    const question = askingPolicy({ namespace: 'oci', operation: 'v1/manifest_digest', payload });
    await writeFile(join(dir, 'asks.wasm'), question);
    await login('first');
    await put('sources.yml', JSON.stringify({ insecure_sources: [registry.host] }));
    server = await startPolicyServer({
      dir,
      form: 'variables',
      policies: { asks: { module: `file://${join(dir, 'asks.wasm')}`, hostCapabilities: ['oci/*'] } },
      env: {
        KUBEWARDEN_BIND_ADDRESS: '127.0.0.1',
        KUBEWARDEN_SOURCES_PATH: join(dir, 'sources.yml'),
        KUBEWARDEN_DOCKER_CONFIG_JSON_PATH: join(dir, 'config.json'),
      },
    });
    client = connect(server);
  });
  after(async () => {
    client?.close();
    await server?.stop();
    await registry?.close();
    await rm(dir, { recursive: true, force: true });
  });

  async function put(name: string, text: string): Promise<void> {
    await writeFile(join(dir, `${name}.new`), text);
    await rename(join(dir, `${name}.new`), join(dir, name));
  }
  const login = (password: string): Promise<void> => {
    const auth = Buffer.from(`robot:${password}`).toString('base64');
    return put('config.json', JSON.stringify({ auths: { [registry.host]: { auth } } }));
  };
  /** The policy says what it was told: a digest in hexadecimal, or the refusal. */
  const told = async (): Promise<string> => (await client.ask('/validate/asks')).message ?? '';
  const DIGEST = new RegExp(Buffer.from('{"digest":"sha256:').toString('hex'));
  async function becomes(expected: RegExp): Promise<void> {
    const end = performance.now() + FOLLOW_MS;
    for (let text = await told(); !expected.test(text); text = await told()) {
      assert.ok(performance.now() < end, `${text}\n${server.logTail(40)}`);
      await sleep(100);
    }
  }

  test('credentials that are rotated are used by the next host call', async () => {
    assert.match(await told(), DIGEST);
    allowed.password = 'second';
    await sleep(SOON_MS);
    assert.match(await told(), DIGEST, 'an answer is kept for a minute, as long as nothing changes');
    await put('config.json', JSON.stringify({ auths: {} }));
    await becomes(/asks for a user name and password/);
    await login('second');
    await becomes(DIGEST);
  });

  test('a broken edit leaves the old files in force, and is logged', async () => {
    await put('sources.yml', 'insecure_sources: 1\n');
    const end = performance.now() + FOLLOW_MS;
    while (!/insecure_sources/.test(server.logTail(100))) {
      assert.ok(performance.now() < end, server.logTail(40));
      await sleep(100);
    }
    assert.match(await told(), DIGEST);
  });

  test('sources that are mended and changed are followed', async () => {
    await put('sources.yml', '{}');
    await becomes(/Callback evaluation failure: .*(?:HTTPS|TLS|secure)/i);
    await put('sources.yml', JSON.stringify({ insecure_sources: [registry.host] }));
    await becomes(DIGEST);
  });
});
