import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import { serve, type RunningServer } from '../serve.ts';

const now = new Date();
const authority = createAuthority({ commonName: 'first CA', validForDays: 1, now });
const nextAuthority = createAuthority({ commonName: 'next CA', validForDays: 1, now });

interface Pair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

function issue(commonName: string, usage: 'server' | 'client', from = authority): Pair {
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  return issueCertificate(from, { commonName, ...names, usages: [usage], validForDays: 1, now });
}

async function serving(t: TestContext, folder: string, clientCas: readonly string[]): Promise<RunningServer> {
  const server = await serve({
    readConfig: async () => ({
      authentication: undefined,
      authorization: undefined,
      admission: undefined,
      warnings: [],
    }),
    host: '127.0.0.1',
    port: 0,
    probePort: 0,
    tls: { certificate: join(folder, 'tls.crt'), privateKey: join(folder, 'tls.key'), clientCas },
    servingThreads: 1,
    log: () => undefined,
    logFormat: { level: 'error', format: 'text' },
  });
  t.after(() => server.stop());
  return server;
}

/** The name on the certificate that a new connection gets, or the code of its error. */
function seen(port: number, client: Pair): Promise<string> {
  const identity = { cert: client.certificatePem, key: client.privateKeyPem };
  return new Promise((resolve) => {
    const options = {
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/authn',
      ca: authority.certificatePem,
      agent: false,
    };
    const asked = request({ ...options, ...identity }, (response) => {
      response.resume();
      resolve(String(response.socket instanceof TLSSocket && response.socket.getPeerCertificate().subject.CN));
    });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}

async function becomes(port: number, expected: RegExp, client: Pair): Promise<void> {
  for (const end = performance.now() + 8000; ; await sleep(100)) {
    const name = await seen(port, client);
    if (expected.test(name)) return;
    assert.ok(performance.now() < end, name);
  }
}

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-rotation-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function put(folder: string, { certificatePem, privateKeyPem }: Pair): Promise<void> {
  await writeFile(join(folder, 'tls.crt'), certificatePem);
  await writeFile(join(folder, 'tls.key'), privateKeyPem);
}

describe('certificates that change while they serve', () => {
  test('one file after the other: the old pair serves until both are there; then new authorities', async (t) => {
    const folder = await folderFor(t);
    const ca = join(folder, 'ca.crt');
    await put(folder, issue('old', 'server'));
    await writeFile(ca, authority.certificatePem);
    const { port } = await serving(t, folder, [ca]);
    const [client, nextClient] = [issue('client', 'client'), issue('client', 'client', nextAuthority)];
    assert.equal(await seen(port, client), 'old');

    const next = issue('new', 'server');
    await writeFile(join(folder, 'tls.crt'), next.certificatePem);
    await sleep(1500);
    assert.equal(await seen(port, client), 'old');
    await writeFile(join(folder, 'tls.key'), next.privateKeyPem);
    await becomes(port, /^new$/, client);

    assert.match(await seen(port, nextClient), /^E|ALERT/);
    await writeFile(ca, nextAuthority.certificatePem);
    await becomes(port, /^new$/, nextClient);
    assert.match(await seen(port, client), /^E|ALERT/);
  });
});
