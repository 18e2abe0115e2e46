import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { createAuthority, issueCertificate, type Authority, type KeyedCertificate } from '@ostiary/pki';
import { readGatesConfig } from './config/read.ts';
import { serve, type RunningServer } from './serve.ts';

const EXAMPLES = new URL('../../../examples/', import.meta.url).pathname;
/** What the documentation promises for a change of any file. */
const RELOAD_LIMIT_MS = 2000;

const authority: Authority = createAuthority({ commonName: 'test CA', validForDays: 1, now: new Date() });
let directory = '';
let server: RunningServer;
const logged: string[] = [];

interface Answer {
  readonly status: number;
  readonly body: { readonly message?: string; readonly status?: { readonly authenticated?: boolean } };
}

function issue(commonName: string, usage: 'server' | 'client'): KeyedCertificate {
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  return issueCertificate(authority, { commonName, ...names, usages: [usage], validForDays: 1, now: new Date() });
}

const client = issue('kube-apiserver', 'client');
const clientTls = { ca: authority.certificatePem, cert: client.certificatePem, key: client.privateKeyPem };

async function writePair(folder: string, { certificatePem, privateKeyPem }: KeyedCertificate): Promise<void> {
  await mkdir(join(directory, folder), { recursive: true });
  await writeFile(join(directory, folder, 'tls.crt'), certificatePem);
  await writeFile(join(directory, folder, 'tls.key'), privateKeyPem);
}

async function writeAuthentication(...modules: readonly string[]): Promise<void> {
  const entries = modules.map((name) => `- module: ${join(directory, `${name}.wasm`)}\n`);
  await writeFile(
    join(directory, 'authentication.yaml'),
    `modules:${entries.length ? `\n${entries.join('')}` : ' []\n'}`,
  );
}

function post(path: string, body: string | Uint8Array, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const extra = options.headers as Record<string, string> | undefined;
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...extra };
    const sent = request(
      { host: '127.0.0.1', port: server.port, path, method: 'POST', agent: false, ...clientTls, ...options, headers },
      (response) => {
        const chunks: Uint8Array[] = [];
        response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text || '{}') as Answer['body'] });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function probe(path: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`http://127.0.0.1:${server.probePort}${path}`);
  return { status: response.status, text: await response.text() };
}

function review(token: string): string {
  return JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } });
}

async function isAuthenticated(): Promise<boolean> {
  return (await post('/authn', review('magic-token'))).body.status?.authenticated === true;
}

/** Waits until it holds, at most as long as a reload may take. */
async function within(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + RELOAD_LIMIT_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `not within ${RELOAD_LIMIT_MS} ms`);
    await sleep(25);
  }
}

function servingCertificate(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', ...clientTls }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.end();
    });
    socket.on('error', reject);
  });
}

/** A TLS 1.2 handshake, where a session is there as soon as it is over. */
function handshake(session?: Buffer): Promise<{ readonly session: Buffer; readonly reused: boolean }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, servername: 'localhost', maxVersion: 'TLSv1.2' } as const;
    const socket = connect({ ...options, ...clientTls, ...(session && { session }) }, () => {
      resolve({ session: socket.getSession()!, reused: socket.isSessionReused() });
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('a running server', () => {
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ostiary-serve-'));
    for (const name of ['magic-authenticator', 'magic-validator']) {
      await cp(join(EXAMPLES, name, 'build', `${name}.wasm`), join(directory, `${name}.wasm`));
    }
    await writeAuthentication('magic-authenticator');
    await writePair('v1', issue('first', 'server'));
    await symlink('v1', join(directory, '..data'));
    await writeFile(join(directory, 'ca.pem'), authority.certificatePem);
    const path = join(directory, 'authentication.yaml');
    server = await serve({
      readConfig: (files) => readGatesConfig({ authentication: path }, { readFile: (file) => files.read(file) }),
      host: '127.0.0.1',
      port: 0,
      probePort: 0,
      tls: {
        certificate: join(directory, '..data', 'tls.crt'),
        privateKey: join(directory, '..data', 'tls.key'),
        clientCas: [join(directory, 'ca.pem')],
      },
      log: (level, message, fields) => void logged.push(JSON.stringify({ level, message, ...fields })),
      logFormat: { level: 'error', format: 'text' },
    });
  });

  after(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  test('decides, and says on the probe port that it lives, is ready and what it counts', async () => {
    assert.equal(await isAuthenticated(), true);
    assert.equal((await post('/authn', review('other'))).body.status?.authenticated, false);
    assert.equal((await probe('/livez')).status, 200);
    const ready = await probe('/readyz');
    assert.equal(ready.status, 200);
    assert.match(ready.text, /"name":"magic-authenticator.wasm","digest":"sha256:[0-9a-f]{64}"/);
    const { text } = await probe('/metrics');
    assert.match(text, /ostiary_gate_requests_total\{gate="authn",decision="authenticated"\} 1\n/);
    assert.match(text, /ostiary_gate_requests_total\{gate="authn",decision="unauthenticated"\} 1\n/);
    assert.match(text, /ostiary_config_last_reload_successful 1\n/);
  });

  test('a gate that is not configured grants nothing', async () => {
    assert.deepEqual(await post('/authz', '{}'), {
      status: 404,
      body: { message: 'the authorization gate is not configured' },
    });
  });

  test('wrong paths, methods, types and sizes have statuses of their own', async () => {
    const refused = async (path: string, options: RequestOptions, body = '{}'): Promise<[number, string]> => {
      const { status, body: answer } = await post(path, body, options);
      return [status, String(answer.message)];
    };
    assert.deepEqual(await refused('/nothing', {}), [404, 'there is no such endpoint']);
    assert.deepEqual(await refused('/__proto__', {}), [404, 'there is no such endpoint']);
    assert.deepEqual(await refused('/authn', { method: 'PUT' }), [405, 'this endpoint takes POST only']);
    const text = { headers: { 'content-type': 'text/plain' } };
    assert.deepEqual(await refused('/authn', text), [415, 'expected a request with Content-Type: application/json']);
    const zipped = { headers: { 'content-encoding': 'gzip' } };
    assert.deepEqual(await refused('/authn', zipped), [415, 'expected a request body without Content-Encoding']);
  });

  test('a body of 7 MiB is read, one byte more is 413', async () => {
    const limit = 7 * 1024 * 1024;
    assert.equal((await post('/authn', ' '.repeat(limit))).status, 400);
    const { status, body } = await post('/authn', ' '.repeat(limit + 1));
    assert.deepEqual([status, body.message], [413, 'the request body is larger than the limit of 7340032 bytes']);
  });

  test('a body without a length is cut off at the limit too', async () => {
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    const status = await new Promise<number | string>((resolve) => {
      const sent = request(
        { host: '127.0.0.1', port: server.port, path: '/authn', method: 'POST', agent: false, ...clientTls },
        (response) => resolve(response.statusCode ?? 0),
      );
      sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
      for (let index = 0; index < 8; index++) sent.write(chunk);
      sent.end();
    });
    assert.ok([413, 'EPIPE', 'ECONNRESET'].includes(status), String(status));
  });

  test('a client without a certificate of the client CA gets no answer', async () => {
    await assert.rejects(post('/authn', review('magic-token'), { cert: undefined, key: undefined }));
    const stranger = createAuthority({ commonName: 'other CA', validForDays: 1, now: new Date() });
    const { certificatePem, privateKeyPem } = issueCertificate(stranger, {
      commonName: 'kube-apiserver',
      usages: ['client'],
      validForDays: 1,
      now: new Date(),
    });
    await assert.rejects(post('/authn', review('magic-token'), { cert: certificatePem, key: privateKeyPem }));
  });

  test('a changed configuration decides within two seconds, without a request lost', async () => {
    const end = new AbortController();
    const answers = (async () => {
      let count = 0;
      for (; !end.signal.aborted; count++) assert.equal((await post('/authn', review('magic-token'))).status, 200);
      return count;
    })();
    await writeAuthentication();
    await within(async () => !(await isAuthenticated()));
    await writeAuthentication('magic-authenticator');
    await within(isAuthenticated);
    end.abort();
    assert.ok((await answers) > 10);
  });

  test('a bad configuration is reported, and the old one goes on serving', async () => {
    await writeFile(join(directory, 'authentication.yaml'), 'modules:\n- modul: x.wasm\n- module: 7\n');
    await within(async () => (await probe('/readyz')).text.includes('newestConfigurationRefused'));
    assert.equal(await isAuthenticated(), true);
    const { status, text } = await probe('/readyz');
    assert.equal(status, 200);
    assert.match(text, /authentication\.yaml:2:3: .*modul/);
    assert.match(text, /authentication\.yaml:3:11: modules\[1\]\.module/);
    assert.match((await probe('/metrics')).text, /ostiary_config_last_reload_successful 0\n/);
    assert.ok(logged.some((line) => line.includes('configuration refused')));
    await writeAuthentication('magic-authenticator');
    await within(async () => !(await probe('/readyz')).text.includes('newestConfigurationRefused'));
  });

  test('a replaced module file decides; one that is no module, or lacks its export, leaves the old one', async () => {
    const path = join(directory, 'magic-authenticator.wasm');
    const good = await readFile(path);
    await writeFile(path, 'no module');
    await within(async () => (await probe('/readyz')).text.includes('is not a WebAssembly module'));
    assert.equal(await isAuthenticated(), true);
    await cp(join(directory, 'magic-validator.wasm'), path);
    await within(async () => (await probe('/readyz')).text.includes("does not export the function 'authn'"));
    assert.equal(await isAuthenticated(), true);
    await writeFile(path, good);
    await within(async () => !(await probe('/readyz')).text.includes('newestConfigurationRefused'));
  });

  test('sessions are resumed on any thread, but not across new certificates', async () => {
    const { session } = await handshake();
    for (let round = 0; round < 6; round++) assert.equal((await handshake(session)).reused, true);
    await writePair('v1b', issue('first', 'server'));
    await symlink('v1b', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    await within(async () => !(await handshake(session)).reused);
  });

  test('certificates follow the link swap of a mounted Secret; a pair that does not fit is refused', async () => {
    assert.equal(await servingCertificate(), 'first');
    await writePair('v2', issue('second', 'server'));
    await symlink('v2', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    await within(async () => (await servingCertificate()) === 'second');
    await writeFile(join(directory, 'v2', 'tls.key'), issue('third', 'server').privateKeyPem);
    await within(async () => logged.some((line) => line.includes('is not the private key of')));
    assert.match((await probe('/readyz')).text, /newestCertificatesRefused":".*is not the private key of/);
    assert.match((await probe('/metrics')).text, /ostiary_certificates_last_reload_successful 0\n/);
    assert.equal(await servingCertificate(), 'second');
  });
});
