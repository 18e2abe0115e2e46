import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { connect, type ConnectionOptions, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import { MAX_BODY_BYTES } from '../limits.ts';
import { startFront, type Front, type FrontOptions } from './front.ts';
import { rawClientOn, type RawClient } from './testing/raw-client.ts';

const authority = createAuthority({ commonName: 'test CA', validForDays: 1, now: new Date() });
const ca = authority.certificatePem;

function issue(commonName: string, usage: 'server' | 'client'): SecureContextOptions {
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const pair = issueCertificate(authority, { commonName, ...names, usages: [usage], validForDays: 1, now: new Date() });
  return { cert: pair.certificatePem, key: pair.privateKeyPem };
}

const serverTls = issue('first', 'server');
const POST = 'POST /authn HTTP/1.1\r\nHost: gate\r\nContent-Length: 2\r\n\r\n{}';

async function front(t: TestContext, options: Partial<FrontOptions> = {}): Promise<Front> {
  const decide: FrontOptions['decide'] = async (_endpoint, body) => ({ status: 200, body: `length ${body.length}` });
  const base = { host: '127.0.0.1', port: 0, shared: false, tls: serverTls, decide };
  const started = await startFront({ ...base, ...options });
  t.after(() => started.drain(0));
  return started;
}

function dial(
  port: number,
  options: ConnectionOptions = {},
): { readonly socket: TLSSocket; readonly client: RawClient } {
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca, ...options });
  return { socket, client: rawClientOn(socket) };
}

/** What the connection of one answered request was like. */
async function answered(
  port: number,
  options: ConnectionOptions = {},
): Promise<{ protocol: unknown; resumed: boolean }> {
  const { socket, client } = dial(port, options);
  client.send(POST);
  await client.until(/length 2$/);
  const connection = { protocol: socket.alpnProtocol, resumed: socket.isSessionReused() };
  socket.destroy();
  return connection;
}

describe('TLS', () => {
  test('is of version 1.2 at least and prefers HTTP/1.1', async (t) => {
    const { port } = await front(t);
    assert.equal((await answered(port, { ALPNProtocols: ['h2', 'http/1.1'] })).protocol, 'http/1.1');
    await answered(port, { maxVersion: 'TLSv1.2' });
    assert.match(String(await dial(port, { ALPNProtocols: ['h3'] }).client.closed()), /ALPN|ALERT/);
    const old = dial(port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    assert.match(String(await old.client.closed()), /PROTOCOL|ALERT/);
    await answered(port);
  });

  test('asks for a certificate of the client CA when there is one', async (t) => {
    const { port } = await front(t, { tls: { ...serverTls, ca } });
    await answered(port, issue('kube-apiserver', 'client'));
    const { client } = dial(port);
    client.send(POST);
    await client.closed();
    assert.equal(client.received(), '');
  });

  test('sessions are resumed', async (t) => {
    const { port } = await front(t);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { socket, client } = dial(port, { maxVersion });
      const session = new Promise<Buffer>((resolve) => socket.once('session', resolve));
      client.send(POST);
      await client.until(/length 2$/);
      assert.equal(socket.isSessionReused(), false);
      socket.destroy();
      assert.equal((await answered(port, { maxVersion, session: await session })).resumed, true);
    }
  });

  test('new certificates serve new connections, open ones go on', async (t) => {
    const started = await front(t, { tls: { ...serverTls, ca } });
    const identity = issue('kube-apiserver', 'client');
    const { socket, client } = dial(started.port, identity);
    client.send(POST);
    await client.until(/length 2$/);
    started.replaceCertificates({ ...issue('second', 'server'), ca });
    client.send(POST);
    await client.until(/length 2[^]*length 2$/);
    assert.equal(socket.getPeerCertificate().subject.CN, 'first');
    socket.destroy();
    const later = dial(started.port, identity);
    later.client.send(POST);
    await later.client.until(/length 2$/);
    assert.equal(later.socket.getPeerCertificate().subject.CN, 'second');
    later.socket.destroy();
    const nobody = dial(started.port);
    nobody.client.send(POST);
    await nobody.client.closed();
    assert.equal(nobody.client.received(), '');
  });

  test('a body of the limit comes through, a larger one is refused in words', async (t) => {
    const { port } = await front(t);
    for (const [length, expected] of [
      [MAX_BODY_BYTES, new RegExp(`length ${MAX_BODY_BYTES}$`)],
      [MAX_BODY_BYTES + 1, /HTTP\/1\.1 413 [^]*larger than the limit/],
    ] as const) {
      const { client } = dial(port);
      client.send(`POST /authn HTTP/1.1\r\nHost: gate\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`);
      client.send(Buffer.alloc(length));
      assert.equal(await client.closed(), undefined);
      assert.match(client.received(), expected);
    }
  });

  test('a client that has sent its end gets its answer', async (t) => {
    const { port } = await front(t);
    const tcp = connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true });
    const socket = connect({ socket: tcp, servername: 'localhost', ca });
    const client = rawClientOn(socket);
    socket.end(POST);
    await client.until(/length 2$/);
    await client.closed();
  });

  test('handshakes that fail or never come harm nobody and are cut', async (t) => {
    const limits = { arrivalMs: 200, keepAliveMs: 400, lingerMs: 200, tickMs: 50 };
    const { port } = await front(t, { limits });
    const silent = rawClientOn(connectTcp(port, '127.0.0.1'));
    const plain = rawClientOn(connectTcp(port, '127.0.0.1'));
    plain.send(POST);
    const garbled = rawClientOn(connectTcp(port, '127.0.0.1'));
    garbled.send(Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x00]));
    const gone = connectTcp(port, '127.0.0.1', () => gone.resetAndDestroy());
    await Promise.all([silent.closed(2000), plain.closed(2000), garbled.closed(2000)]);
    for (const client of [silent, plain, garbled]) assert.doesNotMatch(client.received(), /HTTP/);
    await answered(port);
  });

  test('draining does not wait for a client that went away before its handshake', async (t) => {
    const started = await front(t);
    const gone = connectTcp({ host: '127.0.0.1', port: started.port });
    await new Promise((resolve) => gone.once('connect', resolve));
    gone.end();
    await answered(started.port);
    const before = performance.now();
    await started.drain(20_000);
    assert.ok(performance.now() - before < 6000);
  });

  test('draining ends idle connections and cuts handshakes at its limit', async (t) => {
    const started = await front(t);
    const silent = rawClientOn(connectTcp(started.port, '127.0.0.1'));
    const { client } = dial(started.port);
    client.send(POST);
    await client.until(/length 2$/);
    const begun = performance.now();
    await started.drain(300);
    assert.ok(performance.now() - begun < 2000);
    await Promise.all([silent.closed(), client.closed()]);
  });
});
