import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import { systemClock } from '../clock.ts';
import { KubeError } from '../errors.ts';
import { configMap, CONFIG_MAPS, serverAndClient, until } from '../testing/fixtures.ts';
import { createKubeClient } from './client.ts';

const path = '/api/v1/namespaces/default/configmaps/a';
const now = new Date();
const authority = createAuthority({ commonName: 'ca', validForDays: 1, now });
const issue = (
  commonName: string,
  usage: 'server' | 'client',
  names: { dnsNames?: string[]; ipAddresses?: string[] } = {},
) => issueCertificate(authority, { commonName, usages: [usage], validForDays: 1, now, ...names });
const serverTls = (names: { dnsNames?: string[]; ipAddresses?: string[] } = { ipAddresses: ['127.0.0.1'] }) => {
  const { certificatePem, privateKeyPem } = issue('server', 'server', names);
  return { cert: certificatePem, key: privateKeyPem, ca: authority.certificatePem };
};
const pem = (text: string) => ({ kind: 'data', pem: text }) as const;

test('mutual TLS with an IP address: the certificate is who we are', async (t) => {
  const { certificatePem, privateKeyPem } = issue('alice', 'client');
  const user = { clientCertificate: pem(certificatePem), clientKey: pem(privateKeyPem) };
  const { server, client } = await serverAndClient(t, {
    tls: { ...serverTls(), clientCa: authority.certificatePem },
    user,
  });
  server.put(CONFIG_MAPS, configMap('a', { b: 'c' }));
  const object = await client.json<{ data: unknown }>({ path });
  assert.deepEqual(object.data, { b: 'c' });
  assert.equal(server.requests[0]?.clientName, 'alice');
  assert.equal(client.requests.get('get'), 1);
});

test('a server is not trusted without its authority or its name', async (t) => {
  const { server } = await serverAndClient(t, { tls: serverTls({ dnsNames: ['api.example'] }) });
  const { cluster, ...rest } = server.kubeConfig();
  const ask = async (changed: object): Promise<number> => {
    const client = createKubeClient({ ...rest, cluster: { ...cluster, ...changed } }, { timeoutMs: 4000 });
    try {
      return (await client.request({ path: '/apis' })).status;
    } finally {
      await client.close();
    }
  };
  await assert.rejects(ask({}), { code: 'network' });
  await assert.rejects(ask({ tlsServerName: 'other.example' }), { code: 'network' });
  await assert.rejects(ask({ tlsServerName: 'api.example', certificateAuthority: undefined }), { code: 'network' });
  assert.equal(await ask({ tlsServerName: 'api.example' }), 200);
  assert.equal(await ask({ insecureSkipTlsVerify: true, certificateAuthority: undefined }), 200);
});

test('certificates that change in their files are used from the next minute on', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'ostiary-kube-'));
  t.after(() => rm(dir, { recursive: true }));
  const write = async (name: string): Promise<void> => {
    const { certificatePem, privateKeyPem } = issue(name, 'client');
    await writeFile(join(dir, 'crt'), certificatePem);
    await writeFile(join(dir, 'key'), privateKeyPem);
  };
  await write('first');
  let time = 0;
  const file = (name: string) => ({ kind: 'file', path: join(dir, name) }) as const;
  const { server, client } = await serverAndClient(t, {
    tls: { ...serverTls(), clientCa: authority.certificatePem },
    user: { clientCertificate: file('crt'), clientKey: file('key') },
    client: { clock: { ...systemClock, now: () => time } },
  });
  await client.request({ path: '/apis' });
  await write('second');
  await client.request({ path: '/apis' });
  time += 61_000;
  await client.request({ path: '/apis' });
  assert.deepEqual(
    server.requests.map(({ clientName }) => clientName),
    ['first', 'first', 'second'],
  );
});

test('a token that is no longer taken is read again, once', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'ostiary-kube-'));
  t.after(() => rm(dir, { recursive: true }));
  const tokenFile = join(dir, 'token');
  await writeFile(tokenFile, 'old\n');
  const tokens = new Set(['old']);
  const { server, client } = await serverAndClient(t, { tokens, user: { tokenFile } });
  await client.request({ path: '/apis' });
  tokens.clear();
  tokens.add('new');
  await writeFile(tokenFile, 'new\n');
  await client.request({ path: '/apis' });
  assert.equal(server.requests.length, 3);
  await writeFile(tokenFile, 'wrong\n');
  tokens.clear();
  await assert.rejects(client.request({ path: '/apis' }), { code: 'unauthorized', status: 401 });
  assert.equal(server.requests.length, 5);
});

test('impersonation and basic authentication travel as headers', async (t) => {
  const impersonate = { user: 'bob', groups: ['a', 'b'], extra: { 'Example.com/x': ['1'] } };
  const { server, client } = await serverAndClient(t, {
    user: { basic: { username: 'u', password: 'p' }, impersonate },
  });
  await client.request({ path: '/apis' });
  const headers = server.requests[0]?.headers;
  assert.equal(headers?.['authorization'], 'Basic dTpw');
  assert.equal(headers?.['impersonate-user'], 'bob');
  assert.equal(headers?.['impersonate-group'], 'a, b');
  assert.equal(headers?.['impersonate-extra-example.com%2fx'], '1');
});

const CODES = [
  [400, 'BadRequest', 'bad-request'],
  [401, 'Unauthorized', 'unauthorized'],
  [403, 'Forbidden', 'forbidden'],
  [404, 'NotFound', 'not-found'],
  [409, 'AlreadyExists', 'already-exists'],
  [409, 'Conflict', 'conflict'],
  [410, 'Expired', 'gone'],
  [413, 'RequestEntityTooLarge', 'too-large'],
  [422, 'Invalid', 'invalid'],
  [429, 'TooManyRequests', 'too-many-requests'],
  [500, 'InternalError', 'internal'],
  [503, 'ServiceUnavailable', 'unavailable'],
  [504, 'Timeout', 'timeout'],
  [418, '', 'bad-request'],
  [502, '', 'unavailable'],
  [404, 'toString', 'not-found'],
] as const;
for (const [status, reason, code] of CODES) {
  test(`${status} ${reason} is ${code}`, async (t) => {
    const { server, client } = await serverAndClient(t);
    server.inject({ match: () => true, action: { type: 'status', status, reason, message: 'because' } });
    await assert.rejects(client.request({ path, method: 'POST', body: {} }), (error) => {
      assert.ok(error instanceof KubeError);
      assert.deepEqual([error.code, error.status, error.reason], [code, status, reason || undefined]);
      assert.equal(error.message, `POST ${path}: because`);
      return true;
    });
  });
}

test('only reads are repeated, after breaks and when the server says when', async (t) => {
  const { server, client } = await serverAndClient(t, { client: { clock: { ...systemClock, sleep: async () => {} } } });
  server.put(CONFIG_MAPS, configMap('a'));
  const all = { match: () => true };
  server.inject({ ...all, times: 2, action: { type: 'drop' } });
  server.inject({
    ...all,
    action: { type: 'status', status: 429, reason: 'TooManyRequests', headers: { 'retry-after': '1' } },
  });
  await client.request({ path });
  assert.equal(server.requests.length, 4);
  server.inject({ ...all, times: 4, action: { type: 'drop' } });
  await assert.rejects(client.request({ path }), { code: 'network' });
  assert.equal(server.requests.length, 8);
  server.inject({ ...all, action: { type: 'drop' } });
  await assert.rejects(client.request({ path, method: 'DELETE' }), { code: 'network' });
  server.inject({ ...all, action: { type: 'status', status: 503 } });
  await assert.rejects(client.request({ path }), { code: 'unavailable' });
  assert.equal(server.requests.length, 10);
  server.inject({ ...all, action: { type: 'status', status: 429, headers: { 'retry-after': '7' } } });
  await assert.rejects(client.request({ path, method: 'PUT', body: {} }), {
    code: 'too-many-requests',
    retryAfterSeconds: 7,
  });
});

test('a redirect is never followed', async (t) => {
  let visits = 0;
  const other = createServer((_, response) => {
    visits += 1;
    response.end('{}');
  }).listen(0, '127.0.0.1');
  t.after(() => other.close());
  const { server, client } = await serverAndClient(t, { user: { token: 'secret' } });
  const { port } = other.address() as AddressInfo;
  for (const status of [301, 302, 303, 307, 308]) {
    const headers = { location: `http://127.0.0.1:${port}/` };
    server.inject({ match: () => true, action: { type: 'status', status, headers } });
    await assert.rejects(client.request({ path }), { code: 'redirect', status });
  }
  assert.equal(visits, 0);
});

test('bodies have a bound: of success, of failure, declared or not', async (t) => {
  const { server, client } = await serverAndClient(t);
  const endless = (function* (): Generator<string> {
    for (;;) yield 'x'.repeat(65_536);
  })();
  server.inject({ match: () => true, action: { type: 'answer', body: endless } });
  await assert.rejects(client.request({ path, maxBytes: 1_000_000 }), { code: 'too-large' });
  server.inject({
    match: () => true,
    action: {
      type: 'answer',
      status: 403,
      body: (function* (): Generator<string> {
        for (;;) yield 'x'.repeat(65_536);
      })(),
    },
  });
  await assert.rejects(client.request({ path }), { code: 'too-large' });
  server.put(CONFIG_MAPS, configMap('a'));
  assert.equal((await client.request({ path })).status, 200);
});

test('a success that is not JSON, or not text, is an error without its body', async (t) => {
  const { server, client } = await serverAndClient(t);
  for (const body of ['<html>secret', '', '{"a":', [Buffer.from([0x22, 0xff, 0x22])]]) {
    server.inject({ match: () => true, action: { type: 'answer', body } });
    await assert.rejects(client.json({ path }), (error) => {
      assert.ok(error instanceof KubeError);
      assert.equal(error.code, 'not-json');
      assert.equal(error.message, `GET ${path}: the answer is not JSON`);
      return true;
    });
  }
});

test('time limits and signals end a request, and say which it was', async (t) => {
  const { server, client } = await serverAndClient(t);
  server.inject({ match: () => true, times: 3, action: { type: 'hang' } });
  await assert.rejects(client.request({ path, timeoutMs: 50 }), { code: 'timeout' });
  const controller = new AbortController();
  const running = client.request({ path, signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(running, { code: 'aborted' });
  await assert.rejects(client.request({ path, signal: AbortSignal.abort() }), { code: 'aborted' });
  const last = client.request({ path });
  setTimeout(() => void client.close(), 20);
  await assert.rejects(last, { code: 'aborted' });
  await assert.rejects(client.request({ path }), { code: 'aborted' });
});

test('a stream ends with its signal, and its connection with the loop', async (t) => {
  const { server, client } = await serverAndClient(t);
  const query = { watch: 1 };
  const collection = '/api/v1/configmaps';
  const controller = new AbortController();
  const read = async (): Promise<void> => {
    for await (const chunk of client.stream({ path: collection, query, signal: controller.signal }))
      assert.ok(chunk.length > 0);
  };
  const reading = read();
  await until(() => server.watches() === 1);
  controller.abort();
  await assert.rejects(reading, { code: 'aborted' });
  await until(() => server.watches() === 0);
  server.put(CONFIG_MAPS, configMap('a'));
  for await (const chunk of client.stream({ path: collection, query })) {
    assert.match(Buffer.from(chunk).toString(), /ADDED/);
    break;
  }
  await until(() => server.watches() === 0);
  assert.equal(client.requests.get('watch'), 2);
});

test('paths that lead elsewhere are refused', async (t) => {
  const { server, client } = await serverAndClient(t);
  for (const bad of [
    'api',
    '//evil.example/',
    '/api/../x',
    '/api/v1/pods?x=y',
    '/api#x',
    '/api/v1/\r\nx: y',
    '/api\\x',
    '/api/.',
  ]) {
    await assert.rejects(client.request({ path: bad }), { code: 'bad-request' }, bad);
  }
  assert.equal(server.requests.length, 0);
});

test('a server may live below a path, and behind a proxy', async (t) => {
  const { server } = await serverAndClient(t, { tls: serverTls() });
  const tunnels: string[] = [];
  const proxy = createServer();
  proxy.on('connect', ({ url = '' }, socket) => {
    tunnels.push(url);
    const [host, port] = url.split(':');
    const upstream = connect(Number(port), host);
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.pipe(upstream).pipe(socket);
    for (const side of [socket, upstream]) side.on('error', () => side.destroy());
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  const { cluster, ...rest } = server.kubeConfig();
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const client = createKubeClient({ ...rest, cluster: { ...cluster, server: `${server.url}/clusters/x`, proxyUrl } });
  t.after(async () => {
    await client.close();
    proxy.closeAllConnections();
    proxy.close();
  });
  await assert.rejects(client.request({ path: '/apis' }), { code: 'not-found' });
  assert.equal(server.requests[0]?.path, '/clusters/x/apis');
  assert.deepEqual(tunnels, [`127.0.0.1:${server.port}`]);
});

test('a rate limit spreads requests', async (t) => {
  const { client } = await serverAndClient(t, { client: { qps: 50 } });
  const started = performance.now();
  await Promise.all(Array.from({ length: 110 }, () => client.request({ path: '/apis' })));
  assert.ok(performance.now() - started >= 180);
});
